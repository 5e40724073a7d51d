import type { Area, Link, LinkWindow, Queue, Situation } from "tilanne-client";
import { Picture, parseServerMessage } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { Explanations, parseExplanation } from "../src/explanations";
import { Speech } from "../src/i18n";
import { inView } from "../src/in_view";
import { cellOpacity } from "../src/map/areas";
import { emissionLookOf, lookOf } from "../src/map/links";
import { isStanding, signText } from "../src/map/queues";
import {
  FADE_STEPS,
  LINK_STALE_AFTER_MS,
  fadeStep,
  knowledge,
  shownWindow,
  windowLevel,
} from "../src/map/streets";
import { coverageText } from "../src/panels/areas";
import { situationFacts, vehicleFacts } from "../src/panels/detail/facts";
import type { Facts } from "../src/panels/detail/facts";
import { areaFacts, linkFacts, queueFacts } from "../src/panels/detail/streets";
import type { Rows } from "../src/panels/objects/rows";
import { rowsOf } from "../src/panels/objects/rows";
import type { InView } from "../src/panels/panel";
import { delta, snapshot, vehicle } from "./scripted";

const NOW = 10_000_000;
const english = new Speech("en");

function window(more: Partial<LinkWindow> = {}): LinkWindow {
  return {
    duration_s: 300,
    end_time_ms: NOW - 60_000,
    speed_km_h: { value: 20, low: 16.4, high: 23.6 },
    method: "fused",
    vehicles: 7,
    flow_method: "unspecified",
    travel_time_s: 18,
    delay_s: 9,
    level_of_service: "slow",
    hcm_level: "d",
    ...more,
  };
}

function link(more: Partial<Link> = {}): Link {
  return {
    id: "1-2-3",
    event_time_ms: NOW - 60_000,
    name: "Mannerheimintie",
    class: "primary",
    length_m: 100,
    lanes: 2,
    speed_limit_km_h: 50,
    line: [
      { longitude_deg: 24.1, latitude_deg: 60.1 },
      { longitude_deg: 24.2, latitude_deg: 60.1 },
    ],
    free_flow_speed_km_h: 40,
    closed: false,
    minute: window({ duration_s: 60 }),
    five_minutes: window(),
    ...more,
  };
}

function queue(more: Partial<Queue> = {}): Queue {
  return {
    id: "q",
    event_time_ms: NOW,
    start_time_ms: NOW - 600_000,
    trend: "growing",
    links: ["1-2-3"],
    length_m: 314,
    length_m_max: 480,
    speed_km_h: 6,
    delay_s: 140,
    irregular: true,
    position: { longitude_deg: 24.2, latitude_deg: 60.1 },
    ...more,
  };
}

function area(more: Partial<Area> = {}): Area {
  const ring = [
    [24, 60],
    [25, 60],
    [25, 61],
    [24, 60],
  ];
  return {
    id: "district:kallio",
    event_time_ms: NOW,
    kind: "district",
    name: "Kallio",
    street_km: 12.5,
    coverage: { measured: 0.25, fused: 0.25, inferred: 0, typical: 0.498, unknown: 0.002 },
    speed_km_h: 27,
    free_flow_speed_km_h: 36,
    traffic_veh_km_h: 9_100,
    delay_veh_h_h: 61.26,
    queue_km: 0.9,
    boundary: ring.map(([longitude_deg = 0, latitude_deg = 0]) => ({
      longitude_deg,
      latitude_deg,
    })),
    ...more,
  };
}

const NOTHING: InView = {
  vehicles: [],
  links: [],
  queues: [],
  situations: [],
  detectors: [],
  weather: [],
  areas: [],
  districts: [],
};

const factsOf = ({ sections }: Facts): Map<string, string> =>
  new Map(sections.flatMap(({ facts }) => facts));

describe("what may be said of a street", () => {
  it("is measured, inferred or usual, and nothing once it is old", () => {
    expect(knowledge(window(), NOW)).toBe("fused");
    expect(knowledge(window({ method: "typical" }), NOW)).toBe("typical");
    expect(knowledge(window({ method: "guessed by a newer server" }), NOW)).toBe("unknown");
    const old = window({ end_time_ms: NOW - LINK_STALE_AFTER_MS - 1 });
    expect(knowledge(old, NOW)).toBe("unknown");
    expect(windowLevel(old, NOW)).toBe("unspecified");
  });

  it("is never a level of service when only the usual speed is known", () => {
    expect(windowLevel(window(), NOW)).toBe("slow");
    expect(windowLevel(window({ method: "typical" }), NOW)).toBe("unspecified");
    expect(windowLevel(window({ level_of_service: "new" }), NOW)).toBe("unspecified");
  });

  it("fades before it is gone", () => {
    expect([fadeStep(0), fadeStep(7 * 60_000)]).toEqual([0, 0]);
    expect(fadeStep(8.5 * 60_000)).toBe(FADE_STEPS / 2);
    expect([fadeStep(LINK_STALE_AFTER_MS), fadeStep(1e12)]).toEqual([FADE_STEPS, FADE_STEPS]);
  });

  it("is of the minute until the first five are over", () => {
    const minute = window({ duration_s: 60 });
    const young = link({ minute, five_minutes: window({ end_time_ms: 0 }) });
    expect(shownWindow(young)).toBe(minute);
  });
});

describe("the line of a street", () => {
  it("is full when measured, thin when inferred, grey else", () => {
    const how = (more: Partial<LinkWindow>): string =>
      lookOf(link({ five_minutes: window(more) }), NOW).how;
    expect([how({}), how({ method: "measured" })]).toEqual(["measured", "measured"]);
    expect(how({ method: "inferred" })).toBe("inferred");
    expect(how({ method: "typical" })).toBe("typical");
    expect(how({ method: "unspecified" })).toBe("unknown");
    expect(how({ end_time_ms: 1 })).toBe("unknown");
    // Seen, but with no level that could be coloured.
    expect(how({ level_of_service: "unspecified" })).toBe("unknown");
    expect(lookOf(link({ free_flow_speed_km_h: 0 }), NOW).how).toBe("unknown");
  });

  it("is dotted where it is closed, unless somebody was seen on it", () => {
    const how = (more: Partial<LinkWindow>): string =>
      lookOf(link({ closed: true, five_minutes: window(more) }), NOW).how;
    expect(how({ method: "typical" })).toBe("closed");
    expect(how({ end_time_ms: 1 })).toBe("closed");
    expect(
      lookOf(
        link({ closed: true, event_time_ms: 1, five_minutes: window({ end_time_ms: 1 }) }),
        NOW,
      ).how,
    ).toBe("unknown");
    expect(how({ method: "measured" })).toBe("measured");
    expect(emissionLookOf(link({ closed: true }), undefined, "co2", NOW).how).toBe("closed");
  });

  it("has its share of free flow, a width by its kind, and the worse on top", () => {
    const slow = lookOf(link(), NOW);
    expect(slow).toMatchObject({ level: "slow", share: 0.5 });
    const worse = window({ level_of_service: "queuing" });
    expect(lookOf(link({ five_minutes: worse }), NOW).rank).toBeGreaterThan(slow.rank);
    expect(lookOf(link({ class: "residential" }), NOW).width).toBeLessThan(slow.width);
    expect(lookOf(link({ class: "skyway" }), NOW).width).toBeGreaterThan(0);
    const fading = window({ end_time_ms: NOW - LINK_STALE_AFTER_MS + 60_000 });
    expect(lookOf(link({ five_minutes: fading }), NOW).opacity).toBeLessThan(slow.opacity);
  });

  it("is wider with flow, and paler with doubt", () => {
    const looked = (more: Partial<LinkWindow>) => lookOf(link({ five_minutes: window(more) }), NOW);
    const flow = (value: number) =>
      looked({ flow_veh_h: { value, low: value, high: value } }).width;
    expect(flow(1_200)).toBeGreaterThan(flow(600));
    expect(flow(600)).toBe(looked({ flow_veh_h: null }).width);
    expect(flow(1e9)).toBeLessThan(2 * flow(600));
    const speed = (low: number, high: number) =>
      looked({ speed_km_h: { value: 20, low, high } }).opacity;
    expect(speed(20, 20)).toBe(1);
    expect(speed(15, 25)).toBeLessThan(1);
    expect(speed(5, 60)).toBeLessThan(speed(15, 25));
    expect(speed(0, 1_000)).toBeGreaterThan(0.4);
  });
});

describe("queues and areas on the map", () => {
  it("sign a queue with its length, and only while it is told of", () => {
    expect([signText(3), signText(314), signText(994)]).toEqual(["10 m", "310 m", "990 m"]);
    expect(signText(1_240)).toBe("1.2 km");
    expect(isStanding(queue(), NOW)).toBe(true);
    expect(isStanding(queue(), NOW + LINK_STALE_AFTER_MS + 1)).toBe(false);
  });

  it("fill a cell by how much of it is seen, and not at all when nothing is", () => {
    const none = { measured: 0, fused: 0, inferred: 0, typical: 1, unknown: 0 };
    expect(cellOpacity(area({ coverage: none }), NOW)).toBeUndefined();
    expect(cellOpacity(area({ speed_km_h: null }), NOW)).toBeUndefined();
    expect(cellOpacity(area(), NOW + LINK_STALE_AFTER_MS + 1)).toBeUndefined();
    const all = { ...none, measured: 1, typical: 0 };
    const full = cellOpacity(area({ coverage: all }), NOW) ?? 0;
    expect(full).toBeGreaterThan(cellOpacity(area(), NOW) ?? 1);
  });

  it("are counted when they meet the view", () => {
    const picture = new Picture();
    const message = parseServerMessage(JSON.stringify(snapshot("m", 1)));
    if (message?.type !== "snapshot") throw new Error("not a snapshot");
    const cell = area({ id: "cell:x", kind: "cell" });
    message.objects = { links: [link()], queues: [queue()], areas: [area(), cell] };
    picture.restore(message);
    const here = inView(picture, [24.15, 60, 24.3, 60.2], NOW);
    expect([here.links.length, here.queues.length, here.areas.length]).toEqual([1, 1, 2]);
    const there = inView(picture, [26, 60, 27, 61], NOW);
    expect([there.links.length, there.queues.length, there.areas.length]).toEqual([0, 0, 0]);
  });

  it("leave the picture like everything else", () => {
    const picture = new Picture();
    const message = parseServerMessage(JSON.stringify(snapshot("m", 1)));
    if (message?.type !== "snapshot") throw new Error("not a snapshot");
    message.objects = { queues: [queue()] };
    picture.restore(message);
    const removed = { queues: [{ id: "q", reason: "ended" }] };
    const more = delta("m", 1, 1, { more: true, updated: { links: [link()] }, removed });
    const next = parseServerMessage(JSON.stringify(more));
    if (next?.type !== "delta") throw new Error("not a delta");
    // What a frame had no room for comes at the same sequence.
    expect(picture.apply(next).kind).toBe("applied");
    expect(picture.layer("links").size).toBe(1);
    expect(picture.layer("queues").size).toBe(0);
  });
});

describe("what is said of streets", () => {
  it("has the interval, the method and both windows", () => {
    const shown = linkFacts(english, link(), NOW, new Map());
    expect([shown.title, shown.subtitle]).toEqual(["Mannerheimintie", "Primary road"]);
    const [five, minute] = shown.sections;
    expect([five?.title, minute?.title]).toEqual(["Five minutes", "One minute"]);
    const facts = new Map(five?.facts);
    expect(facts.get("Speed")).toBe("20\u00a0km/h (16–24)");
    expect(facts.get("How it is known")).toBe("measured, several sources together");
    expect(facts.get("Level of service")).toContain("slow");
    expect(facts.get("Vehicles seen")).toBe("7");
    expect(facts.has("Flow")).toBe(false);
    const street = (more: Partial<Link>): ReadonlyMap<string, string> =>
      new Map(linkFacts(english, link(more), NOW, new Map()).sections[2]?.facts);
    expect(street({}).has("Closure")).toBe(false);
    expect(street({ closed: true }).get("Closure")).toBe("closed to all traffic");
    expect(facts.get("Age")).toContain("60 s");
  });

  it("does not pass the usual or the old for measured", () => {
    const usual = link({ five_minutes: window({ method: "typical" }) });
    const facts = new Map(linkFacts(english, usual, NOW, new Map()).sections[0]?.facts);
    expect(facts.get("Level of service")).toBe("no current value");
    expect(facts.get("How it is known")).toContain("nothing seen");
    expect(facts.has("Vehicles seen")).toBe(false);
    const old = linkFacts(english, link(), NOW + LINK_STALE_AFTER_MS, new Map());
    expect(new Map(old.sections[0]?.facts).get("How it is known")).toBe("too old to go by");
    const none = link({ name: "", five_minutes: window({ end_time_ms: 0 }) });
    const first = linkFacts(english, none, NOW, new Map());
    expect(first.title).toBe("Primary road");
    expect(first.sections[0]?.facts).toEqual([["Level of service", "no current value"]]);
  });

  it("names the street and the messages of a queue", () => {
    const record = { title: "Lane closed" };
    const works = { id: "s", feed: "f", event_time_ms: 0, received_time_ms: 0, record };
    const situations = new Map<string, Situation>([["s", works]]);
    const jam = queue({ situations: ["s", "other"] });
    const links = new Map([["1-2-3", link()]]);
    const shown = queueFacts(english, jam, NOW, links, situations);
    expect(shown.title).toBe("Mannerheimintie");
    const facts = factsOf(shown);
    expect(facts.get("Length")).toBe("310\u00a0m");
    expect(facts.get("Trend")).toBe("growing");
    expect(facts.get("At this hour")).toBe("not usual");
    expect(facts.get("Traffic messages")).toBe("Lane closed; other");
    expect(queueFacts(english, jam, NOW, new Map(), situations).title).toBe("Queue");
  });

  it("gives the coverage of an area in words, and a new kind as it is", () => {
    expect(coverageText(english, area().coverage)).toBe(
      "measured 25\u00a0%, several sources 25\u00a0%, only usual 50\u00a0%",
    );
    const shown = areaFacts(english, area({ kind: "harbour_area" }), NOW);
    expect(shown.subtitle).toBe("harbour area");
    expect(factsOf(shown).get("Lost time")).toBe("61.3 veh·h/h");
    expect(factsOf(areaFacts(english, area({ speed_km_h: null }), NOW)).has("Speed")).toBe(false);
  });

  it("flags a message that the traffic contradicts", () => {
    const situation: Situation = {
      id: "s",
      feed: "f",
      event_time_ms: 0,
      received_time_ms: 0,
      record: { title: "Road works" },
      effect: {
        event_time_ms: NOW,
        links: ["a", "b", "c"],
        links_measured: 2,
        speed_share_percent: 98,
        delay_s: 3,
        contradicted: true,
      },
    };
    const facts = factsOf(situationFacts(english, situation, NOW));
    expect(facts.get("Traffic says")).toContain("the contrary");
    expect(facts.get("Share of usual speed")).toBe("98\u00a0%");
    expect(facts.get("Streets measured")).toBe("2 of 3");
    const view = { ...NOTHING, situations: [situation] };
    const { rows } = rowsOf(english, "situations", view, NOW, new Map());
    expect(rows[0]?.state).toBe(
      "Traffic message, contradicted by traffic, 3 s lost, 98\u00a0% of usual speed, " +
        "2 of 3 streets measured",
    );
  });

  it("says where a vehicle drives, or why that is not known", () => {
    const bus = vehicle("a");
    bus.match = { event_time_ms: 0, link: "1-2-3", along_m: 31, confidence: 0.94 };
    const links = new Map([["1-2-3", link()]]);
    expect(factsOf(vehicleFacts(english, bus, NOW, links)).get("Street")).toBe("Mannerheimintie");
    expect(factsOf(vehicleFacts(english, bus, NOW)).get("Street")).toBe("1-2-3");
    bus.match = { ...bus.match, link: "", unknown: "tunnel" };
    const facts = factsOf(vehicleFacts(english, bus, NOW, links));
    expect(facts.get("Street")).toBe("not known: in a tunnel");
    expect(facts.has("How sure")).toBe(false);
  });

  it("lists seen streets from the slowest on, and queues from the longest", () => {
    const speed = { value: 5, low: 4, high: 6 };
    const links = [
      link({ id: "fair" }),
      link({ id: "usual", five_minutes: window({ method: "typical" }) }),
      link({ id: "slow", five_minutes: window({ speed_km_h: speed }) }),
    ];
    const queues = [queue({ id: "short", length_m: 100 }), queue({ id: "long" })];
    const view = { ...NOTHING, links, queues };
    const listed = (layer: "links" | "queues"): Rows =>
      rowsOf(english, layer, view, NOW, new Map());
    const ids = (layer: "links" | "queues"): string[] => listed(layer).rows.map(({ id }) => id);
    expect(ids("links")).toEqual(["slow", "fair"]);
    expect(listed("links").total).toBe(2);
    expect(listed("links").rows[1]?.state.replaceAll("\u00a0", " ")).toBe(
      "20 km/h (16–24), slow, 50 % of free flow, measured",
    );
    expect(ids("queues")).toEqual(["long", "short"]);
  });
});

describe("an explanation", () => {
  const answer = (weight: number): object => ({
    minute: [],
    five_minutes: [{ kind: "cars", speed_km_h: 19, deviation_km_h: 3.5, weight, count: 5 }],
    queues: ["q"],
  });

  it("is read carefully", () => {
    expect(parseExplanation(null)).toBeUndefined();
    expect(parseExplanation({ minute: [] })).toBeUndefined();
    const odd = { minute: [7, { weight: 9 }], five_minutes: [], queues: [1, "q"] };
    expect(parseExplanation(odd)).toEqual({
      minute: [
        {
          kind: "unspecified",
          speed_km_h: 0,
          deviation_km_h: 0,
          weight: 1,
          count: 0,
          note: "",
        },
      ],
      five_minutes: [],
      queues: ["q"],
      emission: undefined,
      basis: undefined,
    });
  });

  it("is asked for once a version, and the old one stays until the new one is there", async () => {
    const paths: string[] = [];
    let nowMs = 0;
    let changes = 0;
    const load = (path: string): Promise<unknown> => {
      paths.push(path);
      return Promise.resolve(answer(paths.length / 10));
    };
    const explanations = new Explanations(
      load,
      () => nowMs,
      () => (changes += 1),
    );
    expect(explanations.of("north", "1-2-3", 1).state).toBe("loading");
    explanations.of("north", "1-2-3", 1);
    await Promise.resolve();
    await Promise.resolve();
    expect(paths).toEqual(["v1/regions/north/links/1-2-3/explain"]);
    expect(changes).toBe(1);
    const weight = (version: number): number | undefined => {
      const explained = explanations.of("north", "1-2-3", version);
      if (explained.state !== "ready") return undefined;
      return explained.explanation.five_minutes[0]?.weight;
    };
    expect(weight(1)).toBe(0.1);
    nowMs = 60_000;
    expect(weight(2)).toBe(0.1);
    await Promise.resolve();
    await Promise.resolve();
    expect(weight(2)).toBe(0.2);
    expect(paths).toHaveLength(2);
  });

  it("that fails is asked for again, at a bounded rate, and another link forgets it", async () => {
    let nowMs = 0;
    let asked = 0;
    const load = (): Promise<unknown> => {
      asked += 1;
      return Promise.reject(new Error("503"));
    };
    const explanations = new Explanations(
      load,
      () => nowMs,
      () => undefined,
    );
    const settle = async (): Promise<void> => {
      for (let i = 0; i < 5; i += 1) await Promise.resolve();
    };
    explanations.of("north", "a", 1);
    await settle();
    expect(explanations.of("north", "a", 1).state).toBe("failed");
    expect(asked).toBe(1);
    nowMs = 5_000;
    explanations.of("north", "a", 1);
    await settle();
    expect(asked).toBe(2);
    expect(explanations.of("north", "b", 1).state).toBe("loading");
  });
});
