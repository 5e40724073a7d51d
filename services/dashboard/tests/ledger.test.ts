import type { Feed } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { wordsOf } from "../src/panels/dead_letters";
import type { Letter } from "../src/panels/dead_letters/letters";
import {
  BYTES_MAX,
  PAGE_LETTERS,
  TEXT_MAX,
  lettersPath,
  parsePage,
  payloadOf,
} from "../src/panels/dead_letters/letters";
import { failureText } from "../src/panels/paged";
import type { Wanted } from "../src/panels/pages";
import { Pages, REFRESH_MS } from "../src/panels/pages";
import { TEXTS as LETTER_TEXTS } from "../src/panels/dead_letters/texts";
import { watermarkTexts as feedWatermarkTexts } from "../src/panels/feeds/row";
import { summaryText } from "../src/panels/ledger";
import type { Entry } from "../src/panels/ledger/account";
import { WORST_FIRST, firstOrder, imbalance, isSound, sorted } from "../src/panels/ledger/account";
import { Rates } from "../src/panels/ledger/rates";
import type { Told } from "../src/problem_words";
import { reasonWord } from "../src/reason_words";
import { balanceText, reasonRows, shareText, watermarkTexts } from "../src/panels/ledger/row";
import { TEXTS } from "../src/panels/ledger/texts";
import { AnswerError } from "../src/stream/source";

const NOW = 1_700_000_000_000;
const english = new Speech("en");
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

function feed(more: Partial<Feed> = {}): Feed {
  return {
    id: "hsl-hfp",
    watermark_ms: NOW - 8_000,
    status_time_ms: NOW,
    connection: "live",
    received: 100,
    applied: 80,
    superseded: 5,
    duplicate: 5,
    rejected: 4,
    quarantined: 3,
    dropped: 3,
    ...more,
  };
}

function entry(title: string, more: Partial<Entry> = {}): Entry {
  const base = {
    feed: feed(),
    region: "helsinki",
    place: "Helsinki",
    rate: 1,
    state: "live",
  } as const;
  return { key: `helsinki/${title}`, title, ...base, ...more };
}

describe("the account of a feed", () => {
  it("is balanced when every record became something", () => {
    expect(imbalance(feed())).toBe(0);
    expect(isSound(feed())).toBe(true);
    expect(balanceText(english, feed())).toBe("balanced");
  });

  it("says what is missing or too much, and that it was so before", () => {
    expect(balanceText(english, feed({ received: 1_100 }))).toBe("1,000 not accounted for");
    expect(balanceText(english, feed({ received: 98 }))).toBe("2 too many");
    expect(balanceText(english, feed({ imbalances: 3 }))).toBe("did not balance (3×)");
    expect(balanceText(english, feed({ received: 101, imbalances: 3 }))).toBe(
      "1 not accounted for; did not balance (3×)",
    );
    expect(isSound(feed({ imbalances: 1 }))).toBe(false);
  });

  it("has shares that are never nothing where there is something", () => {
    expect(plain(shareText(english, 3, 100))).toBe("3.0 %");
    expect(plain(shareText(english, 1, 1_000_000))).toBe("< 0.1 %");
    expect(shareText(english, 0, 100)).toBe("");
    expect(shareText(english, 0, 0)).toBe("");
  });

  it("has the most frequent reasons first, in words", () => {
    const reasons = [
      { outcome: "rejected", reason: "malformed", count: 1 },
      { outcome: "dropped", reason: "not_requested", count: 3 },
    ];
    expect(reasonRows(feed({ reasons })).map(({ count }) => count)).toEqual([3, 1]);
    expect(reasonRows(feed())).toEqual([]);
    expect(reasonWord(english, "rejected", "out_of_range")).toBe("a value that cannot be");
    expect(reasonWord(english, "quarantined", "out_of_range")).toContain("left out");
    expect(reasonWord(english, "rejected", "some_new_reason")).toBe("some new reason");
  });

  it("is summed up over all feeds, with the regions that are missing", () => {
    const all = [entry("a"), entry("b", { state: "down" })];
    expect(summaryText(english, all, { waiting: [], refused: [] })).toBe(
      "Feeds: 2, live: 1. Records received: 200; every one is accounted for.",
    );
    const broken = [entry("a", { feed: feed({ received: 101 }) })];
    expect(summaryText(english, broken, { waiting: ["Oulu"], refused: [] })).toContain(
      "ledgers that do not balance: 1. Waiting for: Oulu.",
    );
    expect(summaryText(english, [], { waiting: ["Oulu"], refused: [] })).toBe("Waiting for: Oulu.");
  });
});

describe("up to when a feed is complete", () => {
  it("is a time and how long ago that is, which may be ahead of the clock", () => {
    expect(watermarkTexts(english, feed(), NOW)).toEqual({ time: "00:13:12", age: "8 s ago" });
    expect(watermarkTexts(english, feed(), NOW - 20_000).age).toBe("12 s ahead of the clock");
    expect(feedWatermarkTexts(english, feed(), NOW)).toEqual({
      complete: "complete to 00:13:12",
      age: "8 s ago",
    });
  });

  it("is no time where the feed has said none: 0 is no moment of 1970", () => {
    const silent = feed({ watermark_ms: 0 });
    expect(watermarkTexts(english, silent, NOW)).toEqual({ time: "–", age: "" });
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      const { complete, age } = feedWatermarkTexts(new Speech(language), silent, NOW);
      expect(complete).not.toMatch(/\d/);
      expect(age).toBe("");
    }
    expect(feedWatermarkTexts(english, silent, NOW).complete).toContain("not complete");
  });
});

describe("the order of the ledger", () => {
  const titles = (entries: readonly Entry[]): string[] => entries.map(({ title }) => title);
  const all = [
    entry("b live"),
    entry("a live"),
    entry("silent", { state: "stale" }),
    entry("down", { state: "down" }),
    entry("unsound", { feed: feed({ received: 101 }) }),
  ];

  it("is the worst first: an account that does not add up, then what is down or silent", () => {
    expect(titles(sorted(all, WORST_FIRST, "en"))).toEqual([
      "unsound",
      "down",
      "silent",
      "a live",
      "b live",
    ]);
  });

  it("is by any column, largest numbers and first letters first", () => {
    const rates = [
      entry("x", { rate: undefined }),
      entry("y", { rate: 5 }),
      entry("z", { rate: 9 }),
    ];
    expect(titles(sorted(rates, firstOrder("rate"), "en"))).toEqual(["z", "y", "x"]);
    expect(titles(sorted(rates, { column: "feed", descending: true }, "en"))).toEqual([
      "z",
      "y",
      "x",
    ]);
    expect(firstOrder("watermark")).toEqual({ column: "watermark", descending: false });
    const words = [entry("öljy"), entry("zebra"), entry("Aura")];
    expect(titles(sorted(words, firstOrder("feed"), "fi-FI"))).toEqual(["Aura", "zebra", "öljy"]);
  });
});

describe("the rate of a feed", () => {
  it("is the mean of what was seen, and unknown at first", () => {
    const rates = new Rates();
    rates.observe("a", 1_000, NOW);
    expect(rates.of("a")).toBeUndefined();
    for (let s = 1; s <= 4; s += 1) rates.observe("a", 1_000 + s * 10, NOW + s * 1_000);
    expect(rates.of("a")).toBeUndefined();
    for (let s = 5; s <= 200; s += 1) rates.observe("a", 1_000 + s * 10, NOW + s * 1_000);
    expect(rates.of("a")?.perS).toBeCloseTo(10);
    expect(rates.of("a")?.spanMs).toBe(60_000);
    const line = rates.line("a");
    expect(line).toHaveLength(60);
    expect(line.at(-1)).toEqual({ at: 1, perS: 10 });
  });

  it("begins anew when the server does, or when nobody listened", () => {
    const rates = new Rates();
    for (let s = 0; s <= 10; s += 1) rates.observe("a", 1_000 + s, NOW + s * 1_000);
    rates.observe("a", 5, NOW + 11_000);
    expect(rates.of("a")).toBeUndefined();
    for (let s = 12; s <= 20; s += 1) rates.observe("a", s, NOW + s * 1_000);
    expect(rates.of("a")).toBeDefined();
    rates.forget("a");
    expect(rates.of("a")).toBeUndefined();
  });
});

describe("dead letters", () => {
  const json = (offset: number, more: object = {}): object => ({
    offset,
    feed: "hsl-hfp",
    source: "mqtt",
    topic: "/hfp/v2/journey",
    received_time_ms: NOW,
    outcome: "rejected",
    reason: "malformed",
    field: "VP.tst",
    message: "no time",
    payload: "{}",
    ...more,
  });
  const letter = (more: object): Letter => {
    const page = parsePage({ letters: [json(1, more)], first: 0, more: false });
    return page!.letters[0]!;
  };

  it("are asked for by page, those of one feed among more", () => {
    expect(lettersPath("helsinki", undefined)).toBe("v1/regions/helsinki/dead-letters?limit=50");
    expect(lettersPath("helsinki", "a&b")).toBe(
      "v1/regions/helsinki/dead-letters?limit=1000&feed=a%26b",
    );
  });

  it("have older ones before the oldest that is shown", () => {
    const page = parsePage({ letters: [json(9), json(8)], first: 5, more: true });
    expect(page?.before).toBe(5);
    expect(parsePage({ letters: [json(9)], first: 0, more: false })?.before).toBeUndefined();
    const many = Array.from({ length: PAGE_LETTERS + 3 }, (_, n) => json(1_000 - n));
    const cut = parsePage({ letters: many, first: 1, more: false });
    expect(cut?.letters).toHaveLength(PAGE_LETTERS);
    expect(cut?.before).toBe(1_000 - PAGE_LETTERS + 1);
    expect(parsePage({ title: "no" })).toBeUndefined();
    expect(parsePage({ letters: [null, { offset: "x" }] })?.letters).toEqual([]);
  });

  it("have a payload that is text when it can be read, and bytes when not", () => {
    expect(payloadOf(letter({ payload: '{"ä":1}\n' }))).toEqual({
      kind: "text",
      shown: '{"ä":1}\n',
      bytes: 9,
      bytesShown: 9,
    });
    const long = payloadOf(letter({ payload: "😀".repeat(1_000) }));
    expect([...long.shown]).toHaveLength(TEXT_MAX);
    expect(long.bytesShown).toBeLessThan(long.bytes);
    // What turns the text round, or rings a bell, is shown as bytes.
    for (const payload of ["a\u0000b", "a\u202eb", "\u001b[2J"]) {
      expect(payloadOf(letter({ payload })).kind).toBe("hex");
    }
    const base64 = payloadOf(letter({ payload: undefined, payload_base64: "/wD+" }));
    expect(base64).toEqual({ kind: "hex", shown: "ff 00 fe", bytes: 3, bytesShown: 3 });
    const large = btoa("\u00ff".repeat(1_000));
    const cut = payloadOf(letter({ payload: undefined, payload_base64: large }));
    expect(cut.bytes).toBe(1_000);
    expect(cut.bytesShown).toBe(BYTES_MAX);
    expect(payloadOf(letter({ payload: "" })).kind).toBe("empty");
    expect(payloadOf(letter({ payload: undefined })).kind).toBe("empty");
  });

  it("are asked for anew each half minute while the newest are seen", async () => {
    let nowMs = 0;
    const asked: string[] = [];
    const get = (path: string): Promise<unknown> => {
      asked.push(path);
      return Promise.resolve({ letters: [json(60)], first: 10, more: true });
    };
    const pages = new Pages(
      () => nowMs,
      () => undefined,
      parsePage,
    );
    const wanted = { source: { get }, path: "letters?limit=50" };
    const want = async (): Promise<void> => {
      pages.want(wanted);
      await Promise.resolve().then(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 0));
    };
    await want();
    await want();
    expect(asked).toHaveLength(1);
    nowMs += REFRESH_MS;
    await want();
    expect(asked).toHaveLength(2);
    pages.older();
    await want();
    expect(asked[2]).toBe("letters?limit=50&before=10");
    expect(pages.number).toBe(2);
    nowMs += REFRESH_MS;
    await want();
    expect(asked).toHaveLength(3);
    pages.newer();
    await want();
    expect(asked[3]).not.toContain("before");
  });

  it("say why there are none, and keep what was there", async () => {
    let fails = false;
    const get = (): Promise<unknown> =>
      fails
        ? Promise.reject(new AnswerError("the log is not open yet", 503))
        : Promise.resolve({ letters: [json(1)], first: 0, more: false });
    const pages = new Pages(
      () => 0,
      () => undefined,
      parsePage,
    );
    pages.want({ source: { get }, path: "letters?limit=50" });
    await new Promise((resolve) => setTimeout(resolve, 0));
    fails = true;
    pages.refresh();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(pages.failure).toEqual({ status: 503, detail: "the log is not open yet" });
    expect(pages.page?.letters).toHaveLength(1);
    const words = wordsOf(english.of(LETTER_TEXTS), () => false);
    const told = (status: number, detail: string): Told =>
      failureText(english, { status, detail }, words, "Helsinki");
    expect(told(503, "not open yet").text).toMatch(/could not be had\. .*now\. Trying again/);
    expect(told(503, "not open yet").own).toBe("not open yet");
    expect(told(0, "").text).toContain("not answer");
    expect(told(404, "no dead letters")).toEqual({
      text: "This server has no dead letters of Helsinki.",
      own: "",
    });
  });

  it("of one source are forgotten when the page looks at another", async () => {
    const asked: string[] = [];
    const waiting: { signal: AbortSignal | undefined; answer: (value: unknown) => void }[] = [];
    const sourceOf = (name: string): Wanted["source"] => ({
      get: (path, signal) => {
        asked.push(`${name} ${path}`);
        return new Promise((answer) => waiting.push({ signal, answer }));
      },
    });
    const [live, replay] = [sourceOf("live"), sourceOf("replay")];
    const place = { path: "letters?limit=50" };
    const answered = async (at: number, offset: number): Promise<void> => {
      waiting[at]?.answer({ letters: [json(offset)], first: 1, more: true });
      await new Promise((resolve) => setTimeout(resolve, 0));
    };
    const pages = new Pages(
      () => 0,
      () => undefined,
      parsePage,
    );
    const shown = (): (number | undefined)[] => [
      pages.number,
      pages.page?.letters[0]?.offset,
      pages.failure?.status,
    ];
    pages.want({ source: live, ...place });
    await answered(0, 50);
    pages.older();
    await answered(1, 40);
    expect(shown()).toEqual([2, 40, undefined]);

    // To the past: the newest of the replay, and nothing of the present meanwhile.
    pages.refresh();
    pages.want({ source: replay, ...place });
    expect(waiting[2]?.signal?.aborted).toBe(true);
    expect(shown()).toEqual([1, undefined, undefined]);
    await answered(2, 39);
    expect(shown(), "a late answer of the source before").toEqual([1, undefined, undefined]);
    await answered(3, 7);
    expect(shown()).toEqual([1, 7, undefined]);

    // And back.
    pages.want({ source: live, ...place });
    expect(shown()).toEqual([1, undefined, undefined]);
    await answered(4, 60);
    expect(shown()).toEqual([1, 60, undefined]);
    expect(asked.map((question) => question.split("?")[0])).toEqual([
      "live letters",
      "live letters",
      "live letters",
      "replay letters",
      "live letters",
    ]);
    expect(asked[3]).not.toContain("before");
  });

  it("are told of in every language with the same places", () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      for (const all of [TEXTS, LETTER_TEXTS]) {
        const own: Readonly<Record<string, string>> = all[language];
        for (const [key, text] of Object.entries(all.en)) {
          expect(places(own[key] ?? "")).toEqual(places(text));
        }
      }
    }
  });
});
