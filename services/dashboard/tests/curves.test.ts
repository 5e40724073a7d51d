import type { Area, Emission, Link, LinkWindow } from "tilanne-client";
import { describe, expect, it } from "vitest";
import type { Answer } from "../src/curves/archive";
import {
  PART_MOMENTS,
  STEP_MS,
  askPart,
  goBack,
  objectsOf,
  seriesPath,
} from "../src/curves/archive";
import { niceTop, rangeOf, rowRange } from "../src/curves/axis";
import type { Frame } from "../src/curves/chart";
import type { CurveRow } from "../src/curves/points";
import {
  areaPoint,
  dotted,
  emissionPoint,
  linkPoint,
  rowsOf,
  withGaps,
} from "../src/curves/points";
import { CURVES_MAX, Curves, pointOf } from "../src/curves/store";
import { dayStartMs } from "../src/curves/time";
import { curveText, momentText, tableRows } from "../src/curves/words";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import {
  against,
  areaComparison,
  excessSentences,
  linkComparison,
} from "../src/panels/detail/comparison";
import { stateText } from "../src/panels/detail/curves";
import { TEXTS as CARD_TEXTS } from "../src/panels/detail/texts";
import { AnswerError } from "../src/stream/source";

const NOW = Date.parse("2026-11-26T16:07:00Z"); // 18:07 in Helsinki
const MINUTE = 60_000;
const english = new Speech("en");
const plain = (text: string): string => text.replaceAll("\u00a0", " ");

function linkWindow(more: Partial<LinkWindow> = {}): LinkWindow {
  return {
    duration_s: 300,
    end_time_ms: NOW - 2 * MINUTE,
    speed_km_h: { value: 34, low: 28, high: 40 },
    method: "measured",
    vehicles: 12,
    flow_veh_h: { value: 600, low: 500, high: 700 },
    flow_method: "measured",
    travel_time_s: 10,
    delay_s: 2,
    level_of_service: "slow",
    hcm_level: "c",
    ...more,
  };
}

function link(more: Partial<Link> = {}): Link {
  return {
    id: "1-2-3",
    event_time_ms: NOW - 2 * MINUTE,
    name: "Mannerheimintie",
    class: "primary",
    length_m: 120,
    lanes: 2,
    speed_limit_km_h: 50,
    line: [],
    free_flow_speed_km_h: 50,
    typical_speed_km_h: 43,
    closed: false,
    minute: linkWindow({ duration_s: 60 }),
    five_minutes: linkWindow(),
    ...more,
  };
}

const row = (minutes: number, value?: number, spread = 0): CurveRow => ({
  timeMs: NOW + minutes * MINUTE,
  value: value === undefined ? undefined : { value, low: value - spread, high: value + spread },
});

const frame: Frame = {
  what: "Speed",
  unit: "km/h",
  one: 1,
  zero: true,
  fromMs: NOW - 60 * MINUTE,
  toMs: NOW,
  stepMs: STEP_MS,
  number: (value) => english.digits(value),
  time: (timeMs) => english.minute(timeMs),
};

describe("a day", () => {
  it("begins at local midnight, on days of 23 and 25 hours, too", () => {
    const start = (time: string): string => new Date(dayStartMs(Date.parse(time))).toISOString();
    expect(start("2026-11-26T16:07:00Z")).toBe("2026-11-25T22:00:00.000Z");
    expect(start("2026-07-01T00:00:00Z")).toBe("2026-06-30T21:00:00.000Z");
    expect(start("2026-03-29T12:00:00Z")).toBe("2026-03-28T22:00:00.000Z");
    expect(start("2026-10-25T12:00:00Z")).toBe("2026-10-24T21:00:00.000Z");
    expect(start("2026-11-25T22:00:00Z")).toBe("2026-11-25T22:00:00.000Z");
  });
});

describe("points of a curve", () => {
  it("have a link's speed and flow with their interval, the usual and the free speed", () => {
    const point = linkPoint(link());
    expect(point?.timeMs).toBe(NOW - 2 * MINUTE);
    expect(point?.of.speed).toEqual({ value: 34, low: 28, high: 40 });
    expect(point?.of.flow?.value).toBe(600);
    expect(point?.of.usual?.value).toBe(43);
    expect(point?.of.free?.value).toBe(50);
  });

  it("have no speed that nobody saw, and no flow of which only the usual one is known", () => {
    for (const method of ["typical", "unknown", "unspecified", "something new"]) {
      const point = linkPoint(
        link({ five_minutes: linkWindow({ method, flow_method: "typical" }) }),
      );
      expect(point?.of.speed).toBeUndefined();
      expect(point?.of.flow).toBeUndefined();
      expect(point?.of.usual?.value).toBe(43);
    }
    const nothing = linkWindow({ end_time_ms: 0 });
    expect(linkPoint(link({ minute: nothing, five_minutes: nothing }))).toBeUndefined();
    expect(linkPoint(link({ typical_speed_km_h: null }))?.of.usual).toBeUndefined();
  });

  it("have of an area what is known of it", () => {
    const area = {
      event_time_ms: NOW,
      speed_km_h: null,
      free_flow_speed_km_h: 40,
      delay_veh_h_h: 3,
    };
    expect(areaPoint(area)?.of).toEqual({
      free: { value: 40, low: 40, high: 40 },
      delay: { value: 3, low: 3, high: 3 },
    });
    const excess = { excess: 2, excess_low: 1, excess_high: 3 };
    const rates = { co2_fossil: { value: 10, low: 8, high: 12, ...excess } };
    const window = { duration_s: 60, end_time_ms: NOW, rates } as unknown as Emission["minute"];
    const none = { ...window, end_time_ms: 0 };
    expect(emissionPoint({ minute: window, five_minutes: none })?.of.co2).toMatchObject({
      value: 10,
      low: 8,
      high: 12,
    });
    expect(emissionPoint({ minute: none, five_minutes: none })).toBeUndefined();
  });

  it("are none of an answer that has another shape", () => {
    expect(pointOf("links", {})).toBeUndefined();
    expect(pointOf("area_emissions", { minute: 1 })).toBeUndefined();
    expect(pointOf("areas", { event_time_ms: "x" })).toBeUndefined();
  });

  it("become rows, with gaps where something is missing", () => {
    const points = [0, 5, 20].map((at) => ({ ...linkPoint(link())!, timeMs: NOW + at * MINUTE }));
    const rows = rowsOf(points, "speed", true);
    expect(rows[0]).toMatchObject({ value: { value: 34 }, usual: 43, free: 50 });
    expect(rowsOf(points, "flow", false)[0]).not.toHaveProperty("usual");
    const broken = withGaps(rows, STEP_MS);
    expect(broken.map(({ value }) => value?.value)).toEqual([34, 34, undefined, 34]);
    expect(dotted([1, 2, null, 3, null, 4, 5])).toEqual([3, 6]);
    expect(dotted([null, undefined])).toEqual([]);
  });
});

describe("the axis of a curve", () => {
  it("has short numbers", () => {
    expect([0, 0.03, 1.2, 3, 4.1, 51, 87].map(niceTop)).toEqual([1, 0.03, 1.5, 3, 6, 60, 100]);
    expect(rangeOf(3, 30, true)).toEqual([0, 30]);
    expect(rangeOf(-3, 30, true)).toEqual([-3, 30]);
    const [bottom, top] = rangeOf(128.5, 130.5, false);
    expect(bottom).toBeLessThan(128.5);
    expect(top).toBeGreaterThan(130.5);
    expect(top - bottom).toBeLessThan(20);
  });

  it("holds the interval, and what is usual and free", () => {
    const rows = [{ ...row(0, 30, 5), usual: 43, free: 50 }, row(5)];
    expect(rowRange(rows, 1, true)).toEqual([0, 60]);
    expect(rowRange([row(0, 3_000, 500)], 1_000, true)).toEqual([0, 4]);
    expect(rowRange([], 1, true)).toEqual([0, 1]);
  });
});

describe("asking the archive", () => {
  const day = NOW - 3 * 60 * MINUTE;
  const had = (count: number): Answer => ({ kind: "had", objects: Array<object>(count).fill({}) });
  /** An archive that begins at a time. */
  async function walk(beginsMs: number, refuseAt = Number.POSITIVE_INFINITY, patient = 1_000) {
    const asked: [from: number, to: number][] = [];
    const moments = new Set<number>();
    const ending = await goBack({
      fromMs: day,
      toMs: NOW,
      ask: (fromMs, toMs) => {
        asked.push([fromMs, toMs]);
        const count = (toMs - fromMs) / STEP_MS + 1;
        expect(count).toBeLessThanOrEqual(PART_MOMENTS);
        for (let at = fromMs; at <= toMs && fromMs >= beginsMs; at += STEP_MS) moments.add(at);
        if (asked.length >= refuseAt) {
          return Promise.resolve({ kind: "refused", status: 503, detail: "busy" });
        }
        return Promise.resolve(fromMs >= beginsMs ? had(count) : { kind: "absent" });
      },
      took: () => undefined,
      isPatient: () => asked.length < patient,
    });
    return { asked, moments, ending };
  }

  it("goes back to midnight, the newest first, in steps on the clock", async () => {
    const { asked, moments, ending } = await walk(0);
    expect(ending.kind).toBe("complete");
    expect(asked[0]?.[1]).toBe(NOW - 2 * MINUTE);
    expect(asked[0]![1] - asked[0]![0]).toBe(STEP_MS);
    expect(moments.size).toBe(36);
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(day);
    expect([...moments].every((at) => at % STEP_MS === 0)).toBe(true);
  });

  it("finds where the archive begins, to the moment and in few questions", async () => {
    const begins = NOW - 71 * MINUTE;
    const { asked, moments, ending } = await walk(begins);
    expect(ending.kind).toBe("begins");
    expect(Math.min(...moments)).toBe(Math.ceil(begins / STEP_MS) * STEP_MS);
    expect(asked.length).toBeLessThan(14);
    const nothing = await walk(NOW);
    expect(nothing.ending.kind).toBe("begins");
    expect(nothing.moments.size).toBe(0);
    expect(nothing.asked.length).toBe(2);
  });

  it("stops where it is refused, and when it takes too long", async () => {
    const refused = await walk(0, 2);
    expect(refused.ending).toEqual({ kind: "refused", status: 503, detail: "busy" });
    const impatient = await walk(0, undefined, 2);
    expect(impatient.ending.kind).toBe("paused");
    expect(impatient.asked).toHaveLength(2);
  });

  it("does not take a fault for the beginning of the archive", async () => {
    const ending = await goBack({
      fromMs: day,
      toMs: NOW,
      ask: () => Promise.resolve({ kind: "broken" }),
      took: () => undefined,
      isPatient: () => true,
    });
    expect(ending.kind).toBe("refused");
  });

  it("tells what is not there from what is refused", async () => {
    const { signal } = new AbortController();
    const ask = (answer: () => unknown): Promise<Answer> =>
      askPart(async () => Promise.resolve(answer()), "v1/x", signal);
    const fail = (status: number) => (): never => {
      throw new AnswerError("why", status);
    };
    expect(await ask(fail(404))).toEqual({ kind: "absent" });
    // A series that was broken off is no JSON.
    expect(await ask(() => undefined)).toEqual({ kind: "broken" });
    expect(await ask(fail(503))).toEqual({ kind: "refused", status: 503, detail: "why" });
    const lost = (): never => {
      throw new TypeError("no network");
    };
    expect(await ask(lost)).toMatchObject({ kind: "refused", status: 0 });
    expect(await ask(() => ({ moments: [] }))).toEqual({ kind: "had", objects: [] });
    const given = new AbortController();
    given.abort();
    await expect(
      askPart(() => Promise.resolve({ moments: [] }), "v1/x", given.signal),
    ).rejects.toThrow();
  });

  it("reads objects, and leaves out moments at which there was none", () => {
    const answer = { moments: [{ object: null }, { object: { id: "a" } }, {}, null] };
    expect(objectsOf(answer)).toEqual([{ id: "a" }]);
    expect(objectsOf({ title: "no" })).toBeUndefined();
  });

  it("has an id of any letters in its path", () => {
    const object = { region: "helsinki", layer: "areas", id: "city:x/y&z" } as const;
    const path = seriesPath(object, ["speed_km_h", "event_time_ms"], NOW, NOW + STEP_MS);
    expect(path).toBe(
      "v1/regions/helsinki/areas/city%3Ax%2Fy%26z?from=2026-11-26T16%3A07%3A00.000Z" +
        "&to=2026-11-26T16%3A12%3A00.000Z&step=PT5M&fields=speed_km_h,event_time_ms",
    );
  });
});

describe("curves that are kept", () => {
  const object = { region: "helsinki", layer: "links", id: "1-2-3" } as const;
  /** A server that has the last two hours of every link. */
  function server(): {
    get: (path: string, signal: AbortSignal) => Promise<unknown>;
    asked: string[];
  } {
    const asked: string[] = [];
    const get = (path: string): Promise<unknown> => {
      asked.push(path);
      const query = new URL(path, "http://tilanne.example").searchParams;
      const [from, to] = ["from", "to"].map((name) => Date.parse(query.get(name) ?? ""));
      if ((from ?? 0) < NOW - 120 * MINUTE) return Promise.reject(new AnswerError("begins", 404));
      const moments = [];
      for (let at = from ?? 0; at <= (to ?? 0); at += STEP_MS) {
        moments.push({ object: link({ five_minutes: linkWindow({ end_time_ms: at - MINUTE }) }) });
      }
      return Promise.resolve({ moments });
    };
    return { get, asked };
  }
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

  it("ask once when opened, and go on with what the page sees", async () => {
    const { get, asked } = server();
    const curves = new Curves(get, () => 0);
    curves.open([object], NOW);
    curves.observe(object, link({ five_minutes: linkWindow({ end_time_ms: NOW - MINUTE }) }), NOW);
    await settled();
    expect(curves.curve(object, NOW)?.state.kind).toBe("begins");
    expect(curves.curve(object, NOW)?.points).toHaveLength(25);
    const questions = asked.length;
    for (let at = NOW; at < NOW + 30 * MINUTE; at += MINUTE) {
      curves.open([object], at);
      curves.observe(object, link({ five_minutes: linkWindow({ end_time_ms: at }) }), at);
    }
    await settled();
    expect(asked).toHaveLength(questions);
    expect(curves.curve(object, NOW)?.points.at(-1)?.timeMs).toBe(NOW + 29 * MINUTE);
    const times = curves.curve(object, NOW)?.points.map(({ timeMs }) => timeMs) ?? [];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
  });

  it("ask for what was missed while nobody looked, and for that alone", async () => {
    const { get, asked } = server();
    const curves = new Curves(get, () => 0);
    curves.open([object], NOW);
    await settled();
    curves.close();
    const questions = asked.length;
    curves.open([object], NOW + 30 * MINUTE);
    await settled();
    const since = asked.slice(questions);
    expect(since.length).toBeGreaterThan(0);
    for (const path of since) {
      const from = new URL(path, "http://tilanne.example").searchParams.get("from");
      expect(Date.parse(from ?? "")).toBeGreaterThan(NOW);
    }
    expect(curves.curve(object, NOW)?.state.kind).toBe("begins");
  });

  it("give up a question when something else is opened, and say why there is no more", async () => {
    const signals: AbortSignal[] = [];
    const get = (_: string, signal: AbortSignal): Promise<unknown> => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    const curves = new Curves(get, () => 0);
    curves.open([object], NOW);
    curves.open([{ ...object, id: "other" }], NOW);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    curves.close();
    expect(signals[1]?.aborted).toBe(true);
    const busy = new Curves(
      () => Promise.reject(new AnswerError("", 503)),
      () => 0,
    );
    busy.open([object], NOW);
    await settled();
    expect(busy.curve(object, NOW)?.state).toMatchObject({ kind: "refused", status: 503 });
  });

  it("are bounded", () => {
    const curves = new Curves(
      () => new Promise(() => undefined),
      () => 0,
    );
    const all = Array.from({ length: CURVES_MAX + 5 }, (_, n) => ({ ...object, id: String(n) }));
    for (const one of all) curves.observe(one, link(), NOW);
    expect(all.filter((one) => curves.curve(one, NOW) !== undefined)).toHaveLength(CURVES_MAX);
    expect(curves.curve(all[0]!, NOW)).toBeUndefined();
  });
});

describe("a curve in words", () => {
  const rows = [row(-10, 40, 4), row(-5, 22, 3), row(0, 34, 6), row(3)];

  it("is one sentence for all of it", () => {
    expect(curveText(english, rows, frame)).toBe(
      "Speed, km/h, from 17:57 to 18:07: lowest 22 at 18:02, highest 40 at 17:57, newest 34 at 18:07.",
    );
    expect(curveText(english, [], frame)).toContain("No value yet");
  });

  it("tells a moment with its interval, and that nothing is known", () => {
    const compared = { ...row(0, 34, 6), usual: 43, free: 50 };
    expect(plain(momentText(english, compared, frame))).toBe(
      "18:07: 34 km/h (28–40), usual 43, free flow 50",
    );
    expect(plain(momentText(english, row(0, 34), frame))).toBe("18:07: 34 km/h");
    expect(momentText(english, row(0), frame)).toBe("18:07: not known");
  });

  it("is a table of five minutes, newest first", () => {
    const minutes = Array.from({ length: 11 }, (_, at) => row(at - 10, at));
    expect(tableRows(minutes).map(({ timeMs }) => english.minute(timeMs))).toEqual([
      "18:07",
      "18:05",
      "18:00",
    ]);
  });
});

describe("now against usual", () => {
  const speed = { value: 34, low: 31, high: 37 };

  it("is a difference in km/h and in per cent, or none that is certain", () => {
    const usual = (km_h: number, of = speed): string =>
      plain(against(english, of, { name: "usual", km_h }));
    expect(usual(43)).toBe("9 km/h (21 %) slower than usual at this hour (43 km/h)");
    expect(usual(25)).toBe("9 km/h (36 %) faster than usual at this hour (25 km/h)");
    expect(usual(36)).toContain("No certain difference");
    expect(usual(34.2)).toContain("The same as");
    // Without an interval every difference counts.
    expect(usual(36, { value: 34, low: 34, high: 34 })).toContain("2 km/h (6 %) slower");
  });

  it("says that nothing was seen, or that nothing usual is learned yet", () => {
    const unseen = linkComparison(
      english,
      link({ five_minutes: linkWindow({ method: "typical" }) }),
      NOW,
    );
    expect(unseen.figure).toBe("–");
    expect(unseen.sentences).toHaveLength(1);
    const old = linkComparison(english, link(), NOW + 60 * MINUTE);
    expect(old.figure).toBe("–");
    const unlearned = linkComparison(english, link({ typical_speed_km_h: null }), NOW);
    expect(unlearned.sentences[0]).toContain("not learned yet");
    expect(plain(unlearned.figure)).toBe("34 km/h");
    expect(unlearned.interval).toContain("28–40");
    const area = { event_time_ms: NOW, speed_km_h: null } as Area;
    expect(areaComparison(english, area, NOW).figure).toBe("–");
  });

  it("has the CO2 of congestion beside all of it with its interval", () => {
    const excess = { excess: 2_000, excess_low: -500, excess_high: 4_500 };
    const rates = { co2_fossil: { value: 10_000, low: 8_000, high: 12_000, ...excess } };
    const window = { duration_s: 300, end_time_ms: NOW, rates };
    const emission = { minute: window, five_minutes: window } as unknown as Emission;
    const [text = ""] = excessSentences(english, emission);
    expect(plain(text)).toContain(
      "2 kg/h (−0.5…4.5), 20 % of 10 kg/h in all (8–12); intervals of 90 %",
    );
    expect(excessSentences(english, undefined)).toEqual([]);
  });

  it("says where the curve comes from, and what can be done about it", () => {
    const first = NOW - 60 * MINUTE;
    expect(stateText(english, { kind: "begins" }, undefined).text).toContain("Nothing of today");
    expect(stateText(english, { kind: "begins" }, first).text).toContain("before 17:07");
    expect(stateText(english, { kind: "paused" }, first).more).toBe("earlier");
    const busy = { kind: "refused", status: 503, detail: "" } as const;
    expect(stateText(english, busy, first)).toMatchObject({ more: "again" });
    expect(stateText(english, { ...busy, status: 0 }, first).text).not.toBe(
      stateText(english, busy, first).text,
    );
  });

  it("is said in every language with the same places", () => {
    const places = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      for (const [key, text] of Object.entries(CARD_TEXTS.en)) {
        const other = CARD_TEXTS[language][key as keyof typeof CARD_TEXTS.en];
        expect(places(other)).toEqual(places(text));
      }
    }
  });
});
