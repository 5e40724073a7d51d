import type {
  Area,
  Feed,
  LayerObjects,
  Link,
  Position,
  Queue,
  Situation,
  SnapshotMessage,
} from "tilanne-client";
import { Picture, parseServerMessage } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { FeedLabels } from "../src/feed_labels";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { LINK_STALE_AFTER_MS } from "../src/map/streets";
import { regionName } from "../src/stream/region_state";
import { News } from "../src/panels/wrong/news";
import { LEVELS, levelOf, queueSeverity, severity } from "../src/panels/wrong/severity";
import { DISBELIEVED_FROM } from "../src/panels/wrong/sources";
import { STREET_NAMES } from "../src/panels/wrong/street_names";
import { Lookup } from "../src/stream/lookup";
import { summaryOf } from "../src/panels/wrong/summary";
import { TEXTS } from "../src/panels/wrong/texts";
import { LINK_LOSS_MIN_S, MESSAGE_DELAY_MIN_S, comparedLinks } from "../src/panels/wrong/traffic";
import type { Sight, Trouble } from "../src/panels/wrong/troubles";
import { isOfCity, isOfKind, troublesOf } from "../src/panels/wrong/troubles";
import type { Fact, Wording } from "../src/panels/wrong/words";
import { reasons, told, whereText } from "../src/panels/wrong/words";
import type { City } from "../src/settings";
import { Cadence } from "../src/stream/cadence";
import type { RegionOverview } from "../src/stream/overview";
import { snapshot } from "./scripted";

const NOW = 1_700_000_000_000;
const INSIDE: Position = { longitude_deg: 24.9, latitude_deg: 60.2 };
const OUTSIDE: Position = { longitude_deg: 29, latitude_deg: 62 };
const HELSINKI: City = {
  id: "helsinki",
  name: "Helsinki",
  bbox: [24.8, 60, 25.2, 60.3],
  region: "r",
};
const TURKU: City = { id: "turku", name: "Turku", bbox: [22, 60, 22.5, 60.6], region: "t" };
const CITIES = [HELSINKI, TURKU];

type Objects = { [L in keyof LayerObjects]?: LayerObjects[L][] };

function picture(objects: Objects, region = "r"): Picture {
  const message = parseServerMessage(JSON.stringify(snapshot("m", 1, []))) as SnapshotMessage;
  const made = new Picture();
  made.restore({ ...message, region, objects: objects as SnapshotMessage["objects"] });
  return made;
}

function region(objects: Objects, more: Partial<RegionOverview> = {}): RegionOverview {
  const id = more.id ?? "r";
  return { id, picture: picture(objects, id), state: "live", lagMs: 500, ...more };
}

function sight(regions: readonly RegionOverview[], more: Partial<Sight> = {}): Sight {
  return {
    regions,
    cities: CITIES,
    cadence: new Cadence(),
    nowMs: NOW,
    map: new Picture(),
    ...more,
  };
}

function queue(more: Partial<Queue> = {}): Queue {
  return {
    id: "q",
    event_time_ms: NOW - 30_000,
    start_time_ms: NOW - 600_000,
    trend: "steady",
    links: ["1-2-3"],
    length_m: 500,
    length_m_max: 600,
    speed_km_h: 6,
    delay_s: 100,
    irregular: true,
    position: INSIDE,
    ...more,
  };
}

function feed(more: Partial<Feed> = {}): Feed {
  return {
    id: "hfp",
    watermark_ms: NOW - 5_000,
    status_time_ms: NOW - 500,
    connection: "live",
    received: 1_000,
    applied: 1_000,
    superseded: 0,
    duplicate: 0,
    rejected: 0,
    quarantined: 0,
    dropped: 0,
    last_received_ms: NOW - 1_000,
    ...more,
  };
}

function message(more: Partial<Situation["effect"]> = {}, record: object = {}): Situation {
  return {
    id: "s",
    feed: "f",
    event_time_ms: NOW - 900_000,
    received_time_ms: NOW - 900_000,
    record: { title: "Tietyö", phase: "active", geometry: { points: [INSIDE] }, ...record },
    effect: {
      event_time_ms: NOW - 60_000,
      links: ["a", "b"],
      links_measured: 1,
      delay_s: 200,
      speed_share_percent: 60,
      contradicted: false,
      ...more,
    },
  };
}

function link(more: Partial<Link> = {}, high = 14): Link {
  const window = {
    duration_s: 300,
    end_time_ms: NOW - 60_000,
    speed_km_h: { value: 12, low: 10, high },
    method: "measured",
    vehicles: 9,
    flow_method: "unspecified",
    travel_time_s: 120,
    delay_s: 80,
    level_of_service: "slow",
    hcm_level: "f",
  };
  return {
    id: "l",
    event_time_ms: NOW - 60_000,
    name: "Hämeentie",
    class: "primary",
    length_m: 400,
    lanes: 1,
    speed_limit_km_h: 40,
    line: [INSIDE, INSIDE, INSIDE],
    free_flow_speed_km_h: 40,
    typical_speed_km_h: 36,
    closed: false,
    minute: window,
    five_minutes: window,
    ...more,
  };
}

function area(more: Partial<Area> = {}): Area {
  return {
    id: "city:helsinki",
    event_time_ms: NOW - 60_000,
    kind: "city",
    name: "Helsinki",
    street_km: 100,
    coverage: { measured: 0.3, fused: 0, inferred: 0.2, typical: 0.1, unknown: 0.4 },
    speed_km_h: 30,
    free_flow_speed_km_h: 40,
    traffic_veh_km_h: 1_000,
    delay_veh_h_h: 10,
    queue_km: 1,
    boundary: [],
    ...more,
  };
}

const ids = (troubles: readonly Trouble[]): string[] => troubles.map(({ id }) => id);
const only = (objects: Objects, more: Partial<Sight> = {}): Trouble => {
  const [first, ...rest] = troublesOf(sight([region(objects)], more));
  expect(rest).toEqual([]);
  if (first === undefined) throw new Error("no trouble");
  return first;
};
const none = (objects: Objects, more: Partial<Sight> = {}): void =>
  expect(troublesOf(sight([region(objects)], more))).toEqual([]);

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

describe("what is said", () => {
  const english = new Speech("en");
  const say = english.of(TEXTS);
  const wording = (speech: Speech): Wording => ({
    speech,
    say: speech.of(TEXTS),
    cities: CITIES,
    labels: new FeedLabels(
      () => Promise.resolve(undefined),
      () => 0,
    ),
    cadence: new Cadence(),
    nowMs: NOW,
    street: (_, id) => (id === "1-2-3" ? { name: "Kehä I", class: "trunk" } : undefined),
  });
  const everything = (): Trouble[] => {
    const objects = {
      queues: [
        queue({ excess_co2_g_h: 4_000, excess_co2_low_g_h: 900, excess_co2_high_g_h: 7_100 }),
        queue({ id: "q2", links: [] }),
      ],
      situations: [message({ contradicted: true })],
      feeds: [
        feed({
          connection: "down",
          error: "<b>403</b>",
          quarantined: 300,
          reasons: [
            { outcome: "quarantined", reason: "frozen", count: 100 },
            { outcome: "quarantined", reason: "teleport", count: 200 },
            { outcome: "applied", reason: "stale", count: 900 },
          ],
        }),
      ],
      areas: [area({ event_time_ms: NOW - 700_000 })],
    };
    const lost = region({ feeds: [feed()] }, { id: "t", state: "lost", lagMs: undefined });
    return troublesOf(sight([region(objects), lost], { map: picture({ links: [link()] }) }));
  };

  it("fills every place of every text, in every language", () => {
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      const words = wording(new Speech(language));
      for (const trouble of everything()) {
        const { title, note, figures } = told(words, trouble);
        const facts = [...figures, ...reasons(words, trouble)].flatMap(([name, value]) => [
          name,
          value,
        ]);
        const where = trouble.kind === "region" ? title : whereText(words, trouble);
        const all = [title, note, where, ...facts];
        expect(all.filter((text) => text === "" || /\{\w+\}/.test(text))).toEqual([]);
      }
    }
  });

  it("names the street, the figures with units, and the top reasons", () => {
    const words = wording(english);
    const by = (id: string): Trouble => {
      const found = everything().find((trouble) => trouble.id === id);
      if (found === undefined) throw new Error(id);
      return found;
    };
    const plain = (facts: readonly Fact[]): string =>
      facts.map(([name, value]) => `${name} ${value}`.replaceAll("\u00a0", " ")).join("; ");
    const jam = told(words, by("queue:r/q"));
    expect(jam.title).toBe("Queue: Kehä I");
    expect(plain(jam.figures)).toContain("Length 500 m; Lost time 2 min; Trend steady");
    expect(plain(jam.figures)).toContain("4 kg/h (0.9–7.1) more than at free flow");
    expect(told(words, by("queue:r/q2")).title).toBe("Queue");
    const lying = told(words, by("feed:r/hfp#records"));
    expect(lying.note.replaceAll("\u00a0", " ")).toBe(
      "30 % of its records are rejected or in quarantine",
    );
    expect(plain(lying.figures)).toMatch(/^quarantined: jumped too far 200 \(20 %\); quarantined:/);
    expect(plain(reasons(words, by("feed:r/hfp")))).toContain("Error <b>403</b>; received 1,000");
    // The server speaks English; what the page says has the language of the page.
    const inEnglish = reasons(words, by("feed:r/hfp")).filter(
      ([, , language]) => language === "en",
    );
    expect(inEnglish.map(([name]) => name)).toEqual(["Error"]);
    const slow = told(words, by("link:r/l"));
    expect(plain(slow.figures)).toContain("5 min mean 12 km/h (10–14)");
  });

  it("is calm only about what is known", () => {
    const summary = (
      regions: readonly RegionOverview[],
      city?: City,
      count?: string,
    ): [string, string] => {
      const filter = { kinds: new Set<never>(), city };
      const { headline, notKnown } = summaryOf(say, regions, CITIES, filter, {
        count,
        time: "12:00",
      });
      return [headline, notKnown];
    };
    const live = region({});
    const lost = region({}, { id: "t", state: "lost", lagMs: undefined });
    const waits = region({}, { id: "t", state: "connecting", lagMs: undefined });
    expect(summary([live])).toEqual(["Nothing is known to be wrong. As of 12:00.", ""]);
    expect(summary([live, lost])).toEqual([
      "Nothing is known to be wrong in Helsinki. As of 12:00.",
      "Nothing is known now of Turku: not in this picture, or no connection.",
    ]);
    expect(summary([live, lost], TURKU)[0]).toMatch(/^Nothing can be said/);
    expect(summary([lost], undefined, "3")).toEqual([
      "Last known: 3, worst first. No connection now.",
      "Nothing is known now of Turku: not in this picture, or no connection.",
    ]);
    expect(summary([waits])[0]).toMatch(/^Waiting/);
    expect(summary([live], HELSINKI)[0]).toMatch(/^Nothing that you chose/);
    expect(regionName(CITIES, "nowhere")).toBe("nowhere");
  });

  it("tells news of what is severe once, and not what a region begins with", () => {
    const news = new News();
    const known = new Set(["r"]);
    const severe = (id: string): Trouble[] =>
      troublesOf(sight([region({ queues: [queue({ id, length_m: 5_000 })] })]));
    expect(news.of(severe("first"), known)).toEqual([]);
    expect(ids(news.of(severe("new"), known))).toEqual(["queue:r/new"]);
    expect(news.of(severe("new"), known)).toEqual([]);
    expect(news.of([], known)).toEqual([]);
    expect(news.of(severe("new"), known)).toEqual([]);
    expect(news.of(troublesOf(sight([region({ queues: [queue()] })])), known)).toEqual([]);
  });
});

describe("names of streets", () => {
  it("are asked for together, once, and not too often", async () => {
    const paths: string[] = [];
    let nowMs = 0;
    const load = (path: string): Promise<unknown> => {
      paths.push(path);
      const objects = [{ id: "a", name: "Kehä I", class: "trunk" }, { id: 7 }, null];
      return Promise.resolve({ objects });
    };
    const names = new Lookup(STREET_NAMES, load, () => nowMs);
    await names.want("r", ["a", "a", "b/c"]);
    await names.want("r", ["a", "b/c"]);
    await names.want("r", ["d"]);
    expect(paths).toEqual(["v1/regions/r/links?ids=a,b%2Fc&fields=name,class&limit=50"]);
    expect(names.get("r", "a")?.name).toBe("Kehä I");
    expect(names.get("r", "b/c")).toBeUndefined();
    await names.want("t", ["a"]);
    nowMs = 2_000;
    await names.want("r", ["a", "b/c", "d"]);
    expect(paths).toHaveLength(3);
  });
});
