/** Text can be read on whatever ground it stands, in light and in dark (WCAG 1.4.3), computed from the styles. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../src/styles");
const TEXT_MIN = 4.5;
/** Edges without which a control is not seen (WCAG 1.4.11). */
const EDGE_MIN = 3;
/** What text stands on that does not bring a ground of its own. */
const GROUNDS = ["ground", "surface", "surface-raised", "warn-ground", "bad-ground"];
/** Filled with these is only what has no text in it. */
const FILLS = ["accent", "cover-measured", "cover-fused", "cover-inferred", "level"];
/** Text that is faded: that of a panel while it is dragged. */
const FADED = [".panel.dragged > *"];
/** Pictures that are faded, which have no text in them. */
const FADED_PICTURES = [".area.old .coverage"];

interface Rule {
  readonly selectors: readonly string[];
  readonly declared: ReadonlyMap<string, string>;
}

function rulesOf(file: string): Rule[] {
  const css = readFileSync(join(FOLDER, file), "utf8").replaceAll(/\/\*.*?\*\//gs, "");
  // Of at-rules those inside them.
  return [...css.matchAll(/([^{};]+)\{([^{}]*)\}/g)].map(([, selectors = "", body = ""]) => {
    const declarations = body.split(";").flatMap((one): [string, string][] => {
      const [, name, value] = /^\s*([\w-]+)\s*:\s*(.*?)\s*$/s.exec(one) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    });
    const separate = selectors.split(/,(?![^(]*\))/).map((one) => one.trim());
    return { selectors: separate, declared: new Map(declarations) };
  });
}

const RULES = readdirSync(FOLDER).flatMap(rulesOf);

/** The token that a value is, when it is one. */
function tokenOf(value: string | undefined): string | undefined {
  return /^var\(--([\w-]+)\)$/.exec(value ?? "")?.[1];
}

function colours(selector: string): Map<string, string> {
  const declared = RULES.filter(({ selectors }) => selectors.includes(selector));
  return new Map(
    declared
      .flatMap((rule) => [...rule.declared])
      .filter(([, value]) => /^#[0-9a-f]{6}$/.test(value))
      .map(([name, value]) => [name.slice(2), value]),
  );
}

const LIGHT = colours(":root");
const DARK = new Map([...LIGHT, ...colours(':root[data-theme="dark"]')]);

/** Tokens that stand for others, such as the colour of a state. */
function resolved(token: string): string[] {
  if (LIGHT.has(token)) return [token];
  return RULES.flatMap(({ declared }) => tokenOf(declared.get(`--${token}`)) ?? []);
}

/** Text and ground of every rule that colours text. */
const PAIRS = RULES.flatMap(({ selectors, declared }) => {
  const token = tokenOf(declared.get("color"));
  if (token === undefined) return [];
  const own = tokenOf(declared.get("background"));
  const grounds = own === undefined ? GROUNDS : [own];
  return resolved(token).flatMap((text) =>
    grounds.map((ground) => ({ text, ground, where: selectors.join(", ") })),
  );
});

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(scheme: ReadonlyMap<string, string>, one: string, other: string): number {
  const [a, b] = [one, other].map((token) => luminance(scheme.get(token) ?? ""));
  if (a === undefined || b === undefined) return Number.NaN;
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

describe.each([
  ["light", LIGHT],
  ["dark", DARK],
] as const)("in %s", (_, scheme) => {
  it("all text contrasts with its ground", () => {
    expect(PAIRS.length).toBeGreaterThan(100);
    const weak = PAIRS.filter(
      ({ text, ground }) => !(contrast(scheme, text, ground) >= TEXT_MIN),
    ).map(({ text, ground, where }) => `${text} on ${ground}: ${where}`);
    expect(weak).toEqual([]);
  });

  it.each([".search input", ".time-field input", ".what-if-fields input"])(
    "the edge of %s is seen",
    (input) => {
      const edges = RULES.filter(({ selectors }) => selectors.includes(input)).flatMap(
        ({ declared }) => {
          const border = declared.get("border-color") ?? declared.get("border")?.split(" ").at(-1);
          return tokenOf(border) ?? [];
        },
      );
      expect(contrast(scheme, edges.at(-1) ?? "", "surface")).toBeGreaterThan(EDGE_MIN);
    },
  );
});

describe("the styles", () => {
  it("colour text by tokens alone", () => {
    const others = RULES.flatMap(({ declared }) => declared.get("color") ?? []).filter(
      (value) => tokenOf(value) === undefined,
    );
    expect(new Set(others)).toEqual(new Set(["inherit", "transparent"]));
  });

  it("know what text may stand on", () => {
    const grounds = RULES.filter(({ declared }) => tokenOf(declared.get("color")) === undefined)
      .map(({ declared }) =>
        tokenOf(declared.get("background") ?? declared.get("background-color")),
      )
      .filter((token) => token !== undefined);
    const unknown = grounds.filter((token) => ![...GROUNDS, ...FILLS].includes(token));
    expect(unknown).toEqual([]);
  });

  it("fade no text", () => {
    const faded = RULES.filter(({ declared }) => Number(declared.get("opacity") ?? 1) < 1);
    expect(faded.flatMap(({ selectors }) => selectors)).toEqual([...FADED, ...FADED_PICTURES]);
  });
});
