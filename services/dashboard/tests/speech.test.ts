import { describe, expect, it } from "vitest";
import type { Language } from "../src/i18n";
import { LANGUAGES, Speech, isLanguage, preferredLanguage } from "../src/i18n";
import { vehicleFacts } from "../src/panels/detail/facts";
import { vehicle } from "./scripted";

const ALL = Object.keys(LANGUAGES).filter(isLanguage);
const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe("the languages", () => {
  it("have the same keys, places and no empty text", () => {
    const english = LANGUAGES.en.dictionary;
    for (const language of ALL) {
      const { dictionary } = LANGUAGES[language];
      expect(Object.keys(dictionary).sort()).toEqual(Object.keys(english).sort());
      for (const [key, text] of Object.entries(dictionary)) {
        expect(text, `${language} ${key}`).not.toBe("");
        expect(places(text), `${language} ${key}`).toEqual(
          places(english[key as keyof typeof english]),
        );
      }
    }
  });

  it("follow the reader, within what is offered", () => {
    expect(preferredLanguage(["de-DE", "sv-FI", "fi"], ALL)).toBe("sv");
    expect(preferredLanguage(["de"], ["fi", "en"])).toBe("fi");
    expect(preferredLanguage(["sv"], ["fi"])).toBe("fi");
    expect(preferredLanguage(["sv"], [])).toBe("en");
  });
});

describe("what is said", () => {
  const say = (language: Language): Speech => new Speech(language);

  it("tells late from early", () => {
    expect(say("en").delay(0)).toBe("on time");
    expect(say("en").delay(45)).toBe("45 s late");
    expect(say("en").delay(60)).toBe("1 min late");
    expect(say("en").delay(-118)).toBe("2 min early");
    expect(say("fi").delay(120)).toBe("2 min myöhässä");
  });

  it("gives spans in their largest useful unit", () => {
    const { span } = { span: (ms: number) => say("en").span(ms) };
    expect([span(-5), span(4_000), span(300_000)]).toEqual(["0 s", "4 s", "5 min"]);
    expect([span(3 * 3_600_000), span(4 * 86_400_000)]).toEqual(["3 h", "4 d"]);
  });

  it("tells the time of Helsinki, on 24 hours", () => {
    const summer = Date.UTC(2025, 6, 1, 20, 5, 9);
    expect(say("en").time(summer)).toBe("23:05:09");
    expect(say("fi").time(summer)).toBe("23.05.09");
    expect(say("en").time(Date.UTC(2025, 0, 1, 22, 0, 0))).toBe("00:00:00");
  });

  it("shows a word of the contract that is new as it is", () => {
    expect(say("en").word("verdict", "off_network")).toBe("off the network");
    expect(say("en").word("verdict", "brand_new")).toBe("brand new");
  });
});

describe("the facts of a vehicle", () => {
  it("leave out what is not known, and keep zero", () => {
    const bus = vehicle("hfp:1", 25, 60, 1_000);
    Object.assign(bus.report, { speed_km_h: 0, delay_s: null, occupancy_status: "unspecified" });
    const { sections } = vehicleFacts(new Speech("en"), bus, 4_000);
    const facts = new Map(sections.flatMap((section) => section.facts));
    expect(facts.get("Speed")).toBe("0\u00a0km/h");
    expect(facts.has("Punctuality")).toBe(false);
    expect(facts.has("Occupancy")).toBe(false);
    expect(facts.get("Position age")).toContain("3 s");
  });
});
