import { describe, expect, it } from "vitest";
import type { Texts } from "../src/i18n";
import { LANGUAGES, isLanguage } from "../src/i18n";

const ALL = Object.keys(LANGUAGES).filter(isLanguage);

/** The texts of all parts of the page that keep theirs in a file of its own. */
const FILES = import.meta.glob<Record<string, unknown>>("../src/**/*texts.ts", { eager: true });

function isTexts(value: unknown): value is Texts<string> {
  const isObject = typeof value === "object" && value !== null;
  return isObject && ALL.every((language) => language in value);
}

const PARTS = Object.entries(FILES).flatMap(([file, module]) =>
  Object.values(module)
    .filter(isTexts)
    .map((texts) => [file, texts] as const),
);

/** Every text of a language with where it is. */
function textsOf(language: (typeof ALL)[number]): [where: string, text: string][] {
  const own = PARTS.flatMap(([file, texts]) =>
    Object.entries(texts[language]).map(([key, text]): [string, string] => [
      `${file} ${key}`,
      text,
    ]),
  );
  return [...Object.entries(LANGUAGES[language].dictionary), ...own];
}

const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
const faulty = (language: (typeof ALL)[number], fault: RegExp): [string, string][] =>
  textsOf(language).filter(([, text]) => fault.test(text));

describe("all texts", () => {
  it("are found", () => {
    expect(PARTS.length).toBeGreaterThan(10);
    expect(textsOf("fi").length).toBeGreaterThan(900);
  });

  it.each(ALL)("in %s have the same places as in English, and none is empty", (language) => {
    const english = new Map(textsOf("en"));
    for (const [where, text] of textsOf(language)) {
      expect(text.trim(), where).not.toBe("");
      expect(places(text), where).toEqual(places(english.get(where) ?? ""));
    }
  });

  it.each(ALL)("in %s that are told by themselves are the same each second", (language) => {
    const { dictionary } = LANGUAGES[language];
    for (const key of ["connection.lost_long", "connection.silent_long"] as const) {
      expect(places(dictionary[key]), key).toEqual(["{time}"]);
    }
  });

  it.each(ALL)("in %s are written as print has it", (language) => {
    // Straight quotes, three points, a hyphen between numbers or for a dash, two spaces.
    expect(faulty(language, /"|\.\.\.|\d-\d| - | {2}/)).toEqual([]);
    // A number and its sign are apart, as in all three languages' standards of units.
    expect(faulty(language, /[\d}]%/)).toEqual([]);
  });

  it("have the quotes, the clock and the decimals of their language", () => {
    for (const language of ["fi", "sv"] as const) {
      expect(faulty(language, /[“„]/)).toEqual([]);
      expect(faulty(language, /\d\.\d(?!\d)/)).toEqual([]);
      expect(faulty(language, /\d ?[ap]\.?m\b/i)).toEqual([]);
    }
  });
});
