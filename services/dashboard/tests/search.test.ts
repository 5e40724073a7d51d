import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Position, Stop } from "tilanne-client";
import { Speech } from "../src/i18n";
import type { PanelContext } from "../src/panels/panel";
import { Asker, PAUSE_MS } from "../src/search/asker";
import { ITEMS_MAX, find } from "../src/search/find";
import type { Search } from "../src/search/found";
import { cityBefore, go, viewOf } from "../src/search/go";
import { EXACT, INSIDE, PREFIX, Typed, WORD, compare } from "../src/search/match";
import { questions } from "../src/search/question";
import { status } from "../src/search/status";
import { TEXTS } from "../src/search/texts";
import type { LinkThing, Things, VehicleThing } from "../src/search/things";
import { NO_THINGS, each, readThings } from "../src/search/things";
import { regionName } from "../src/stream/region_state";
import { AnswerError, Source } from "../src/stream/source";

const speech = new Speech("en");
const say = speech.of(TEXTS);
const cities: Search["cities"] = [
  { id: "helsinki", name: "Helsinki", bbox: [24.8, 60.1, 25.2, 60.3], region: "helsinki" },
  { id: "espoo", name: "Espoo", bbox: [24.5, 60.1, 24.8, 60.3], region: "helsinki" },
  { id: "oulu", name: "Oulu", bbox: [25.3, 64.9, 25.7, 65.1], region: "oulu" },
];

function at(longitude_deg: number, latitude_deg = 60.2): Position {
  return { longitude_deg, latitude_deg };
}

function byId<T extends { id: string }>(things: readonly T[]): Map<string, T> {
  return new Map(things.map((thing) => [thing.id, thing]));
}

function link(id: string, name: string, longitude: number): LinkThing {
  return { id, name, line: [at(longitude - 0.001), at(longitude), at(longitude + 0.001)] };
}

function tram(id: string, route: string, longitude: number, more = {}): VehicleThing {
  const report = { mode: "tram", route_short_name: route, position: at(longitude), ...more };
  return { id: `hfp:${id}`, report };
}

function search(text: string, things: Partial<Things>, more: Partial<Search> = {}): Search {
  const all = [{ ...NO_THINGS, ...things }];
  const centre = at(24.94);
  return { typed: new Typed(text), things: all, cities, centre, nowMs: 0, speech, say, ...more };
}

function names(text: string, things: Partial<Things>): string[] {
  return find(search(text, things)).flatMap(({ items }) => items.map(({ name }) => name));
}

describe("how well a name fits", () => {
  it("is exact before the beginning, before the beginning of a word, before inside", () => {
    const typed = new Typed("  Puisto ");
    expect(typed.rank("puisto")).toBe(EXACT);
    expect(typed.rank("Puistokatu")).toBe(PREFIX);
    expect(typed.rank("Pieni puistotie")).toBe(WORD);
    expect(typed.rank("vt1_Puisto")).toBe(WORD);
    expect(typed.rank("Kaivopuisto")).toBe(INSIDE);
    expect(typed.rank("Mannerheimintie")).toBeUndefined();
  });

  it("finds letters without their marks, after those with them", () => {
    const typed = new Typed("hame");
    const loose = typed.rank("Hämeentie") ?? Number.NaN;
    expect(loose).toBeGreaterThan(PREFIX);
    expect(loose).toBeLessThan(WORD);
    expect(typed.rank("Hametie")).toBe(PREFIX);
    expect(new Typed("häme").rank("Hämeentie")).toBe(PREFIX);
    expect(new Typed("hämeentie").rank("Ha\u0308meentie")).toBe(EXACT);
  });

  it("finds a short text at the beginning of words only, and signs alone nowhere", () => {
    expect(new Typed("ie").rank("Mannerheimintie")).toBeUndefined();
    expect(new Typed("ti").rank("Vanha tie")).toBe(WORD);
    expect(new Typed("%_'").rank("100 %_'")).toBeUndefined();
    expect(new Typed("").rank("")).toBeUndefined();
  });

  it("orders the same things always the same way", () => {
    const things = ["b:10", "a:10", "a:9", "c:1"].map((key) => ({
      key,
      name: key.slice(2),
      rank: key === "c:1" ? 0 : 1,
    }));
    const sorted = [...things].sort(compare).map(({ key }) => key);
    expect(sorted).toEqual(["c:1", "a:9", "a:10", "b:10"]);
    expect(
      [...things]
        .reverse()
        .sort(compare)
        .map(({ key }) => key),
    ).toEqual(sorted);
  });
});

describe("what is found", () => {
  it("is grouped, the best match first, and of each kind only so many", () => {
    const links = byId(
      Array.from({ length: ITEMS_MAX + 2 }, (_, n) => link(`l${n}`, `Oulunkatu ${n}`, 24.9)),
    );
    const groups = find(search("oulu", { links }));
    expect(groups.map(({ kind, total }) => [kind, total])).toEqual([
      ["city", 1],
      ["street", ITEMS_MAX + 2],
    ]);
    expect(groups[1]?.items.map(({ name }) => name).slice(0, 3)).toEqual([
      "Oulunkatu 0",
      "Oulunkatu 1",
      "Oulunkatu 2",
    ]);
    expect(groups[1]?.items).toHaveLength(ITEMS_MAX);
  });

  it("has a street once in each city, and goes to its middle link", () => {
    const streets = [24.9, 24.92, 24.94].map((place, n) => link(`h${n}`, "Keskustie", place));
    const [group] = find(
      search("keskus", { links: byId([...streets, link("e", "Keskustie", 24.6)]) }),
    );
    expect(group?.items.map(({ note, goal }) => [note, goal.selection?.id])).toEqual([
      ["Espoo, 1 section", "e"],
      ["Helsinki, 3 sections", "h1"],
    ]);
  });

  it("has a line with the number of its vehicles, and goes to the nearest", () => {
    const vehicles = byId([
      tram("1", "4", 24.99),
      tram("2", "4", 24.95),
      tram("3", "4T", 24.94),
      tram("4", "4", 24.94, { mode: "bus" }),
    ]);
    const [lines, found] = find(search("4", { vehicles }));
    expect(lines?.kind).toBe("line");
    expect(lines?.items.map(({ name, note }) => `${name}: ${note}`)).toEqual([
      "4: Bus, 1 vehicle",
      "4: Tram, 2 vehicles, goes to the nearest",
      "4T: Tram, 1 vehicle",
    ]);
    expect(lines?.items[1]?.goal.selection?.id).toBe("hfp:2");
    // Its own number first, then those on the line.
    expect(found?.items.map(({ key }) => key)).toEqual([
      "vehicle:hfp:4",
      "vehicle:hfp:1",
      "vehicle:hfp:2",
    ]);
  });

  it("has a line by the id of its route in full alone", () => {
    const vehicles = byId([tram("1", "570", 24.94, { trip: { route_id: "4570" } })]);
    expect(find(search("45", { vehicles }))).toEqual([]);
    expect(find(search("4570", { vehicles }))[0]?.items[0]?.name).toBe("570");
  });

  it("has a stop with who is at it or comes next, and goes there first", () => {
    const vehicles = byId([
      tram("1", "4", 24.94, { next_stop_id: "1130110" }),
      tram("2", "4", 24.99, { stop_id: "1130110", next_stop_id: "1130110" }),
    ]);
    const [stops] = find(search("11301", { vehicles }));
    expect(stops?.items).toMatchObject([
      {
        kind: "stop",
        note: "1 vehicle at it or arriving, next stop of 1 vehicle",
        goal: { selection: { layer: "vehicles", id: "hfp:2" } },
      },
    ]);
  });

  it("has a stop by its name, its code and its id, and goes to its place", () => {
    const kamppi: Stop = { id: "1040601", name: "Kamppi", code: "H1241", ...at(24.93) };
    const nameless: Stop = { id: "1040602", name: "", code: null, ...at(24.94) };
    const stops = byId([kamppi, nameless]);
    const vehicles = byId([
      tram("1", "4", 24.9, { stop_id: "1040601" }),
      tram("2", "4", 24.9, { next_stop_id: "1040602" }),
    ]);
    for (const text of ["kamp", "h1241", "1040601"]) {
      const [group] = find(search(text, { stops, vehicles }));
      expect(group?.items, text).toMatchObject([
        {
          key: "stop:1040601",
          name: "Kamppi",
          note: "H1241, 1040601, 1 vehicle at it or arriving",
          goal: { place: at(24.93) },
        },
      ]);
      expect(group?.items[0]?.goal.selection).toBeUndefined();
    }
    const [group] = find(search("10406", { stops, vehicles }));
    expect(group?.items.map(({ name, note }) => [name, note])).toEqual([
      ["1040602", "next stop of 1 vehicle"],
      ["Kamppi", "H1241, 1040601, 1 vehicle at it or arriving"],
    ]);
  });

  it("has no cells, and no message that is over", () => {
    const areas = byId([
      { id: "cell:1", kind: "cell", name: "Kallio 1" },
      { id: "district:kallio", kind: "district", name: "Kallio" },
      { id: "city:espoo", kind: "city", name: "Espoo" },
    ]);
    const situations = byId([
      { id: "m:1", record: { title: "Tie 50, Kallio", end_time_ms: -1 } },
      { id: "m:2", record: { title: "Tietyö", description: "Kallion silta" } },
    ]);
    expect(names("kallio", { areas, situations })).toEqual(["Kallio", "Tietyö"]);
    expect(find(search("espoo", { areas })).map(({ kind }) => kind)).toEqual(["city"]);
  });

  it("has stations by name and number", () => {
    const station = { name: "vt1_Espoo_Turvesolmu", tms_number: 20_901, position: at(24.79) };
    const things = {
      detectors: byId([{ id: "tms:1", station }]),
      weather: byId([
        {
          id: "wx:1901",
          station: { name: "vt1_Espoo_Kivenlahti", collection_status: "gathering" },
        },
      ]),
    };
    expect(names("turve", things)).toEqual(["vt1_Espoo_Turvesolmu"]);
    expect(names("20901", things)).toEqual(["vt1_Espoo_Turvesolmu"]);
    expect(find(search("espoo", things)).map(({ kind }) => kind)).toEqual([
      "city",
      "detector",
      "weather",
    ]);
  });

  it("has an object once, as the first that knows it says", () => {
    const [older, newer] = [
      byId([{ id: "a", n: 1 }]),
      byId([
        { id: "a", n: 2 },
        { id: "b", n: 3 },
      ]),
    ];
    expect([...each([newer, older])].map(({ n }) => n)).toEqual([2, 3]);
    expect(readThings({ objects: [{ id: "x" }, { id: 7 }, null, "y"] }).size).toBe(1);
    expect([...readThings({ stops: [{ id: "s" }], total: 1 }).keys()]).toEqual(["s"]);
    expect(readThings(undefined).size).toBe(0);
  });
});

describe("what the server is asked", () => {
  const filterOf = (text: string, kind: string): string => {
    const asked = questions("helsinki", text).find((one) => one.kind === kind);
    return new URLSearchParams(asked?.path.split("?")[1]).get("filter") ?? "";
  };

  it("is nothing for one letter or for signs alone", () => {
    expect(questions("helsinki", "M")).toEqual([]);
    expect(questions("helsinki", " '% ")).toEqual([]);
    expect(questions("helsinki", "M1")).toHaveLength(7);
  });

  it("is bounded, and for few fields", () => {
    for (const { kind, path } of questions("r/1", "tie")) {
      expect(path).toMatch(/^v1\/regions\/r%2F1\/[a-z]+\?/u);
      const query = new URLSearchParams(path.split("?")[1]);
      expect(Number(query.get("limit"))).toBeLessThanOrEqual(400);
      expect(query.has("fields"), kind).toBe(kind !== "stops");
      expect(query.get("fields")).not.toBe("");
    }
  });

  it("is without capitals, and loose about letters that may differ in longer texts", () => {
    expect(filterOf("tie", "links")).toBe("CASEI(name) LIKE CASEI('%tie%')");
    expect(filterOf("HÄMEEN", "links")).toBe("CASEI(name) LIKE CASEI('%H_MEEN%')");
    expect(filterOf("ti", "links")).toBe(
      "CASEI(name) LIKE CASEI('ti%') OR CASEI(name) LIKE CASEI('% ti%')",
    );
    expect(filterOf("m1", "vehicles")).toContain(
      "CASEI(report.route_short_name) LIKE CASEI('m1%')",
    );
    expect(filterOf("H1241", "stops")).toBe(
      "CASEI(name) LIKE CASEI('%H1241%') OR CASEI(code) LIKE CASEI('H1241%') OR " +
        "CASEI(id) LIKE CASEI('H1241')",
    );
  });

  it("keeps quotes and signs of patterns from meaning anything", () => {
    expect(filterOf("O'B%", "links")).toBe("CASEI(name) LIKE CASEI('%_''B\\%%')");
    expect(filterOf("x_\\", "links")).toBe("CASEI(name) LIKE CASEI('%x\\_\\\\%')");
  });

  it("is never longer than the server reads", () => {
    for (const text of [
      "%_\\".repeat(50),
      "ä'".repeat(50),
      "'ä".repeat(50),
      "ß'".repeat(50),
      "道a".repeat(50),
    ]) {
      for (const { kind } of questions("helsinki", text)) {
        const bytes = new TextEncoder().encode(filterOf(text, kind)).length;
        expect(bytes, `${kind} ${text}`).toBeLessThanOrEqual(2_000);
      }
    }
  });
});

describe("asking", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  class Server extends Source {
    readonly asked: { path: string; signal: AbortSignal | undefined }[] = [];
    answer: (path: string) => unknown = () => ({ objects: [] });
    override get(path: string, signal?: AbortSignal): Promise<unknown> {
      this.asked.push({ path, signal });
      return Promise.resolve().then(() => this.answer(path));
    }
  }

  function make(): { server: Server; asker: Asker; heard: ReturnType<typeof vi.fn> } {
    const server = new Server("http://tilanne.example/");
    const heard = vi.fn();
    return { server, heard, asker: new Asker(() => ({ source: server, region: "r" }), heard) };
  }

  it("waits for a pause, asks once, and keeps what came", async () => {
    const { server, asker, heard } = make();
    server.answer = (path) =>
      path.includes("/links?") ? { objects: [link("a", "Tie", 24.9)], next: "/more" } : {};
    asker.ask("ti");
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    asker.ask("tie");
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    expect(server.asked).toHaveLength(0);
    expect(asker.state).toBe("asking");
    await vi.advanceTimersByTimeAsync(1);
    asker.ask("tie ");
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    expect(server.asked).toHaveLength(7);
    expect(heard).toHaveBeenCalledTimes(1);
    expect([asker.state, asker.more, asker.things.links.size]).toEqual(["answered", true, 1]);
  });

  it("gives an older question up", async () => {
    const { server, asker, heard } = make();
    let arrive = (): void => undefined;
    server.answer = () => new Promise<void>((resolve) => (arrive = resolve));
    asker.ask("tie");
    await vi.advanceTimersByTimeAsync(PAUSE_MS);
    asker.ask("tien");
    expect(server.asked.every(({ signal }) => signal?.aborted)).toBe(true);
    arrive();
    await vi.advanceTimersByTimeAsync(PAUSE_MS - 1);
    expect([asker.state, heard.mock.calls.length]).toEqual(["asking", 0]);
  });

  it("says when an answer did not come, and asks again when hurried", async () => {
    const { server, asker } = make();
    server.answer = (path) => {
      if (path.includes("/areas?")) throw new AnswerError("gone", 503);
      return { objects: [] };
    };
    asker.ask("tie");
    asker.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect(asker.state).toBe("failed");
    server.answer = () => ({ objects: [] });
    asker.hurry();
    await vi.advanceTimersByTimeAsync(0);
    expect([asker.state, server.asked.length]).toEqual(["answered", 14]);
  });
});

describe("how the search stands", () => {
  const items = find(search("oulu", {}));
  const of = (more: object): string =>
    status(say, String, {
      text: "oulu",
      groups: [],
      state: "answered",
      more: false,
      region: regionName(cities, "helsinki"),
      ...more,
    });

  it("is said in words", () => {
    expect(of({ text: " " })).toBe(say("hint"));
    expect(of({})).toBe("Nothing was found for “oulu” in Helsinki, Espoo.");
    expect(of({ groups: items })).toBe("1 result.");
    expect(of({ groups: items, more: true })).toBe("1 result. There are more: type more letters.");
    expect(of({ groups: items, state: "asking" })).toBe("1 result. Searching Helsinki, Espoo …");
    expect(of({ state: "failed" })).toBe(say("failed"));
    expect(of({ text: "o", state: "quiet" })).toContain("Type one more letter");
  });
});

describe("the view of a box", () => {
  it("holds all of it, not much more, and is never too close", () => {
    const size = { width: 1_000, height: 500 };
    const wide = viewOf([24, 60, 26, 60.1], size);
    expect(wide.centre).toEqual([60.05, 25]);
    // Two degrees of longitude fill 85 % of 1000 px.
    expect((2 / 360) * 512 * 2 ** wide.zoom).toBeCloseTo(850);
    expect(viewOf([24, 60, 24, 60], size).zoom).toBe(16);
  });
});

describe("going there", () => {
  const region = (id: string, ids: readonly string[]) => ({
    id,
    picture: { layer: () => new Map(ids.map((one) => [one, {}])) },
  });

  /** A page that remembers what it was told. */
  function page(): { context: PanelContext; done: unknown[]; actions: Parameters<typeof go>[2] } {
    const done: unknown[] = [];
    const context = {
      settings: { cities },
      city: cities[0],
      picture: region("helsinki", ["here"]).picture,
      overview: { all: () => [region("helsinki", ["here"]), region("oulu", ["there"])] },
      isShown: () => true,
      chooseCity: (city: { id: string }) => done.push(["city", city.id]),
      showOnMap: (selection: { id: string }, place: unknown) => done.push([selection.id, place]),
    } as unknown as PanelContext;
    const actions = {
      centre: () => undefined,
      showMap: () => done.push("map"),
      look: (place: unknown, name?: string) => done.push(place, ...(name ? [name] : [])),
    };
    return { context, done, actions };
  }

  it("looks closely at a place where there is nothing to select", async () => {
    const { context, done, actions } = page();
    await go({ place: at(24.93), placeName: "Kamppi" }, context, actions);
    expect(done).toEqual(["map", { zoom: 17, centre: [60.2, 24.93] }, "Kamppi"]);
  });

  it("turns to the region of what is in none of the cities", async () => {
    const { context, done, actions } = page();
    const outside = at(26, 63);
    await go({ selection: { layer: "situations", id: "there" }, place: outside }, context, actions);
    expect(done).toEqual([
      ["city", "oulu"],
      ["there", outside],
    ]);
    const before = (id: string, place: Position | undefined): string | undefined =>
      cityBefore({ layer: "situations", id }, place, context)?.id;
    expect(before("here", outside)).toBeUndefined();
    expect(before("nobody knows", outside)).toBeUndefined();
    // The page finds the city itself.
    expect(before("there", at(25.4, 65))).toBeUndefined();
    expect(before("there", undefined)).toBeUndefined();
  });
});
