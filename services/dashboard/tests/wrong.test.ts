import type { Area, Feed, Link, Queue } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { LINK_STALE_AFTER_MS } from "../src/map/streets";
import { LEVELS, levelOf, queueSeverity, severity } from "../src/panels/wrong/severity";
import { DISBELIEVED_FROM } from "../src/panels/wrong/sources";
import { LINK_LOSS_MIN_S, MESSAGE_DELAY_MIN_S, comparedLinks } from "../src/panels/wrong/traffic";
import { isOfCity, isOfKind, troublesOf } from "../src/panels/wrong/troubles";
import type { City } from "../src/settings";
import { Cadence } from "../src/stream/cadence";
import type { Objects } from "./wrong_sight";
import {
  HELSINKI,
  INSIDE,
  NOW,
  OUTSIDE,
  TURKU,
  area,
  feed,
  ids,
  link,
  message,
  none,
  only,
  picture,
  queue,
  region,
  sight,
} from "./wrong_sight";

describe("severity", () => {
  it("goes from 0 to 100 in straight lines between what is written down", () => {
    expect(severity("delay_s", 0)).toBe(0);
    expect(severity("delay_s", 60)).toBe(25);
    expect(severity("delay_s", 120)).toBe(37.5);
    expect(severity("delay_s", 420)).toBe(75);
    expect(severity("delay_s", 9_999)).toBe(100);
    expect(severity("delay_s", -5)).toBe(0);
  });

  it("has four levels", () => {
    expect([0, 24, 25, 49, 50, 74, 75, 100].map(levelOf)).toEqual([
      "minor",
      "minor",
      "moderate",
      "moderate",
      "serious",
      "serious",
      "severe",
      "severe",
    ]);
    expect(LEVELS[0]).toBe("severe");
  });

  it("of any unusual queue is above that of any usual one", () => {
    const longest = queueSeverity(queue({ irregular: false, length_m: 9_000, trend: "growing" }));
    const shortest = queueSeverity(queue({ length_m: 10, delay_s: 1, trend: "shrinking" }));
    expect(longest).toBeLessThan(shortest);
    const growing = queueSeverity(queue({ trend: "growing" }));
    expect(growing).toBeGreaterThan(queueSeverity(queue()));
  });
});

describe("what is wrong with the traffic", () => {
  it("are queues that still stand, with their city, place, age and explanation", () => {
    const trouble = only({ queues: [queue()] });
    expect(trouble).toMatchObject({
      id: "queue:r/q",
      kind: "queue",
      region: "r",
      city: HELSINKI,
      place: INSIDE,
      selection: { layer: "queues", id: "q" },
      explained: { layer: "links", id: "1-2-3" },
      sinceMs: NOW - 600_000,
      ageMs: 30_000,
      stale: false,
    });
    none({ queues: [queue({ event_time_ms: NOW - LINK_STALE_AFTER_MS - 1 })] });
  });

  it("are messages that the traffic contradicts or where it loses time", () => {
    expect(only({ situations: [message()] }).score).toBe(Math.round(severity("delay_s", 200)));
    const contradicted = message({ contradicted: true, delay_s: 0 });
    expect(only({ situations: [contradicted] }).score).toBe(50);
    none({ situations: [message({ delay_s: MESSAGE_DELAY_MIN_S - 1 })] });
    none({ situations: [message({ links_measured: 0 })] });
    none({ situations: [message({ event_time_ms: NOW - LINK_STALE_AFTER_MS - 1 })] });
    none({ situations: [message({}, { phase: "ended" })] });
    none({ situations: [message({}, { start_time_ms: NOW + 1 })] });
  });

  it("are streets whose whole interval is far below what is usual", () => {
    const map = picture({ links: [link()] });
    const trouble = only({}, { map });
    expect(trouble).toMatchObject({ id: "link:r/l", city: HELSINKI, ageMs: 60_000 });
    expect(trouble.explained).toEqual({ layer: "links", id: "l" });
    const subject = trouble.subject.what === "link" ? trouble.subject : undefined;
    expect(subject?.loss_s).toBeCloseTo(80);
    const ok = (links: Link[], queues: Queue[] = []): void =>
      none({}, { map: picture({ links, queues }) });
    ok([link({}, 36 * 0.6)]);
    ok([link({ typical_speed_km_h: null })]);
    ok([link({ five_minutes: { ...link().five_minutes, method: "inferred" } })]);
    ok([link({ length_m: LINK_LOSS_MIN_S })]);
    ok([link({ five_minutes: { ...link().five_minutes, end_time_ms: 0 } })]);
    expect(comparedLinks(sight([], { map }))).toHaveLength(1);
  });

  it("leaves out streets of a queue, and those of another region's map", () => {
    const queues = [queue({ links: ["l"] })];
    expect(
      ids(troublesOf(sight([region({})], { map: picture({ links: [link()], queues }) }))),
    ).toEqual([]);
    none({}, { map: picture({ links: [link()] }, "elsewhere") });
  });
});

describe("what is wrong with the sources", () => {
  it("are feeds that are down, idle, silent, unbalanced or in error", () => {
    const score = (more: Partial<Feed>): number => only({ feeds: [feed(more)] }).score;
    none({ feeds: [feed(), feed({ id: "new", connection: "starting" })] });
    expect(score({ connection: "down" })).toBe(80);
    expect(score({ connection: "idle" })).toBe(55);
    expect(score({ connection: "ended" })).toBe(20);
    expect(score({ connection: "asleep" })).toBe(25);
    expect(score({ error: "403" })).toBe(40);
    expect(score({ imbalances: 1 })).toBe(90);
    expect(score({ connection: "down", imbalances: 1, error: "x" })).toBe(90);
    const silent = only({ feeds: [feed({ last_received_ms: NOW - 180_000 })] });
    expect(silent.score).toBe(Math.round(severity("silences", 2)));
    expect(silent.sinceMs).toBe(NOW - 180_000);
    expect(score({ last_received_ms: null, status_time_ms: NOW - 60_000 })).toBe(55);
  });

  it("measures silence by the feed's own beat", () => {
    const cadence = new Cadence();
    for (let ms = NOW - 20_000; ms <= NOW - 10_000; ms += 1_000) cadence.observe("hfp", ms);
    const feeds = [feed({ last_received_ms: NOW - 10_000 })];
    expect(only({ feeds }, { cadence }).kind).toBe("feed");
  });

  it("are feeds much of which is not believed", () => {
    const lies = (rejected: number, received = 1_000): Objects => ({
      feeds: [feed({ received, rejected, quarantined: 10 })],
    });
    const trouble = only(lies(190));
    expect(trouble).toMatchObject({ id: "feed:r/hfp#records", score: 50 });
    none(lies(1_000 * DISBELIEVED_FROM - 11));
    none(lies(50, 99));
  });

  it("are cities of which nothing is seen, or nothing new", () => {
    const seen = (measured: number, unknown: number): Area["coverage"] => {
      return { measured, fused: 0, inferred: 0, typical: 0, unknown };
    };
    none({ areas: [area()] });
    expect(only({ areas: [area({ coverage: seen(0, 1) })] }).score).toBe(45);
    expect(only({ areas: [area({ coverage: seen(0.01, 0.99) })] }).score).toBe(35);
    const old = only({ areas: [area({ event_time_ms: NOW - LINK_STALE_AFTER_MS - 1 })] });
    expect(old).toMatchObject({ score: 60, city: HELSINKI, ageMs: LINK_STALE_AFTER_MS + 1 });
    const whole = area({ id: "region:r", kind: "region", coverage: seen(0, 1) });
    none({ areas: [area(), whole] });
    expect(only({ areas: [whole] }).city).toBeUndefined();
  });

  it("are regions whose connection is lost, of which everything else is old", () => {
    const objects = {
      feeds: [feed({ status_time_ms: NOW - 40_000, last_received_ms: NOW - 700_000 })],
      queues: [queue({ length_m: 9_000 })],
      areas: [area({ event_time_ms: NOW - 700_000 })],
    };
    const lost = troublesOf(sight([region(objects, { state: "lost", lagMs: undefined })]));
    expect(ids(lost)).toEqual(["region:r/", "queue:r/q"]);
    expect(lost[0]).toMatchObject({ score: 95, sinceMs: NOW - 40_000, ageMs: 40_000 });
    expect(lost.every(({ stale }) => stale)).toBe(true);
    const silent = troublesOf(sight([region({}, { lagMs: 6_001 })]));
    expect(silent.map(({ score, subject }) => [score, subject])).toEqual([
      [85, { what: "region", cause: "silent" }],
    ]);
    const connecting = region({}, { state: "connecting", lagMs: undefined });
    expect(troublesOf(sight([connecting]))).toEqual([]);
  });
});

describe("the order", () => {
  const queues = [
    queue({ id: "b" }),
    queue({ id: "a" }),
    queue({ id: "worst", length_m: 3_000 }),
    queue({ id: "usual", irregular: false, length_m: 3_000 }),
  ];
  const expected = ["queue:r/worst", "queue:r/a", "queue:r/b", "queue:r/usual"];

  it("is worst first, then by id", () => {
    expect(ids(troublesOf(sight([region({ queues })])))).toEqual(expected);
  });

  it("is the same whatever came first, and whatever was asked before", () => {
    const reversed = [...queues].reverse();
    const again = sight([region({ queues: reversed })]);
    expect(ids(troublesOf(again))).toEqual(expected);
    expect(troublesOf(again)).toEqual(troublesOf(again));
    const later = troublesOf(sight([region({ queues })], { nowMs: NOW + 1_000 }));
    expect(ids(later)).toEqual(expected);
  });

  it("compares kinds on one scale", () => {
    const objects = {
      queues: [queue({ length_m: 5_000 }), queue({ id: "small", length_m: 100, delay_s: 20 })],
      feeds: [feed({ connection: "down" })],
      situations: [message({ contradicted: true })],
    };
    const map = picture({ links: [link()] });
    const troubles = troublesOf(sight([region(objects)], { map }));
    expect(troubles.map(({ kind, score }) => [kind, levelOf(score)])).toEqual([
      ["queue", "severe"],
      ["feed", "severe"],
      ["link", "serious"],
      ["message", "serious"],
      ["queue", "moderate"],
    ]);
  });

  it("can be narrowed to kinds and to a city, which its region's troubles are about too", () => {
    const here = region({ queues: [queue()], feeds: [feed({ connection: "down" })] });
    const away = region(
      { queues: [queue({ id: "x", position: OUTSIDE })], feeds: [feed({ id: "t", error: "e" })] },
      { id: "t" },
    );
    const all = troublesOf(sight([here, away]));
    const of = (city: City | undefined): string[] =>
      ids(all.filter((trouble) => isOfCity(trouble, { kinds: new Set(), city })));
    expect(of(undefined)).toHaveLength(4);
    expect(of(HELSINKI)).toEqual(["feed:r/hfp", "queue:r/q"]);
    expect(of(TURKU)).toEqual(["feed:t/t"]);
    const kinds = new Set(["queue"] as const);
    const queuesOnly = all.filter((trouble) => isOfKind(trouble, { kinds, city: undefined }));
    expect(queuesOnly).toHaveLength(2);
  });
});
