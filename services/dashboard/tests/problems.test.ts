import { describe, expect, it } from "vitest";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { problemOf, problemText, toldProblem } from "../src/problem_words";
import { AnswerError } from "../src/stream/source";

const ALL = Object.keys(LANGUAGES).filter(isLanguage);
const english = new Speech("en");
const text = (status: number): string => problemText(english, status);

describe("a problem of the server", () => {
  it("is told in the reader's language, by its kind", () => {
    expect(text(400)).toBe("The server does not accept this.");
    expect(text(404)).toBe("The server does not have this.");
    expect(text(413)).toBe("This is more than the server gives at a time.");
    expect(text(500)).toBe("The server has failed.");
    expect(text(503)).toBe("The server cannot do this now.");
    expect(problemText(new Speech("fi"), 503)).toBe("Palvelin ei pysty tähän juuri nyt.");
    expect(problemText(new Speech("sv"), 503)).toBe("Servern kan inte göra detta just nu.");
  });

  it("has a sentence for each status, one that nobody knows by its class", () => {
    expect([405, 406, 415, 426, 499].map(text)).toEqual(Array(5).fill(text(400)));
    expect([501, 507, 599].map(text)).toEqual(Array(3).fill(text(500)));
    expect([429, 502, 504].map(text)).toEqual([503, 0, 408].map(text));
    for (const status of [0, 400, 404, 408, 409, 410, 413, 500, 503]) {
      const all = ALL.map((language) => problemText(new Speech(language), status));
      expect(new Set(all).size, String(status)).toBe(ALL.length);
      expect(all.filter((one) => !one.endsWith("."))).toEqual([]);
    }
  });

  it("is read from what was thrown, of which only the server's words are shown", () => {
    expect(problemOf(new AnswerError("no such feed", 404))).toEqual({
      status: 404,
      detail: "no such feed",
    });
    expect(problemOf(new TypeError("Failed to fetch"))).toEqual({ status: 0, detail: "" });
  });

  it("keeps what the server says itself apart from that", () => {
    const detail = "query: limit: must be 1 or more";
    expect(toldProblem(english, { status: 400, detail }, "It could not be had.")).toEqual({
      text: "It could not be had. The server does not accept this.",
      own: detail,
    });
    expect(toldProblem(english, { status: 0, detail: "" })).toEqual({ text: text(0), own: "" });
  });
});
