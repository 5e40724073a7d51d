import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readAddress, writeAddress } from "../src/address";
import { AnswerError } from "../src/stream/source";
import { CsvRows, csvRows } from "../src/time/csv";
import {
  CLASS_ENDS,
  Largest,
  SAME_CLASS,
  byChange,
  classOf,
  meanReader,
  readDifferences,
} from "../src/time/differences";
import { GAP_MS, extentOf, nearest } from "../src/time/extent";
import { ASK_EVERY_MS, Past, SEEK_FORTH_MS } from "../src/time/past";
import { readReplay, readReplays, servedBy } from "../src/time/replay";
import { gapsOf, marksOf, momentAt, positionOf, scaleOf, shareOf } from "../src/time/scale";
import { momentOf, wallTime } from "../src/time/wall_time";

const HOUR_MS = 3_600_000;
const NOON = Date.parse("2026-11-26T10:00:00Z");

describe("what is archived of a region", () => {
  const part = (kind: string, fromMs: number, toMs: number, region = "oulu"): object => {
    return { region, kind, day: "2026-11-26", from_ms: fromMs, to_ms: toMs };
  };

  it("is where its events are, put together", () => {
    const parts = [
      part("feed_status", 2_000, 9_000),
      part("vehicle_position", 1_000, 5_000),
      part("link_state", 0, 99_000),
      part("checkpoint", 0, 99_000),
      part("feed_status", 0, 99_000, "turku"),
      part("feed_status", 9_000 + GAP_MS + 1, 9_000 + GAP_MS + 500),
    ];
    const extent = extentOf({ bytes: 1, parts }, "oulu");
    expect(extent).toEqual({
      fromMs: 1_000,
      toMs: 9_500 + GAP_MS,
      spans: [
        { fromMs: 1_000, toMs: 9_000 },
        { fromMs: 9_001 + GAP_MS, toMs: 9_500 + GAP_MS },
      ],
    });
  });

  it("is nothing where nothing is, or what the server says is not understood", () => {
    expect(extentOf({ parts: [] }, "oulu")).toBeUndefined();
    expect(extentOf({ parts: [part("raw", 0, 1)] }, "oulu")).toBeUndefined();
    expect(extentOf({ parts: [{ region: "oulu", kind: "tally", from_ms: "0" }] }, "oulu")).toBe(
      undefined,
    );
    expect(extentOf("?", "oulu")).toBeUndefined();
  });

  it("has a nearest moment for each", () => {
    const spans = [
      { fromMs: 10, toMs: 20 },
      { fromMs: 50, toMs: 60 },
    ];
    const extent = { fromMs: 10, toMs: 60, spans };
    expect([0, 15, 30, 40, 70].map((at) => nearest(extent, at))).toEqual([10, 15, 20, 50, 60]);
  });
});

describe("the slider", () => {
  const span = { fromMs: NOON - 48 * HOUR_MS, toMs: NOON - 300_000 };
  const extent = { ...span, spans: [span] };

  it("goes from the first moment to now in whole steps, and its end is now", () => {
    const scale = scaleOf(span, NOON + 1);
    expect(scale.stepMs).toBe(60_000);
    const end = positionOf(scale, scale.toMs);
    expect(end).toBe(48 * 60 + 1);
    expect(momentAt(scale, end)).toBeUndefined();
    expect(momentAt(scale, 0)).toBe(span.fromMs);
    for (const position of [0, 1, 777, end - 1]) {
      expect(positionOf(scale, momentAt(scale, position) ?? 0)).toBe(position);
    }
    expect(positionOf(scale, 0)).toBe(0);
    expect(shareOf(scale, scale.toMs + HOUR_MS)).toBe(1);
  });

  it("has finer steps over a short archive, and works over none", () => {
    expect(scaleOf({ fromMs: NOON - HOUR_MS, toMs: NOON }, NOON).stepMs).toBe(10_000);
    const { fromMs, toMs, stepMs } = scaleOf({ fromMs: NOON, toMs: NOON }, NOON);
    expect(toMs - fromMs).toBe(stepMs);
  });

  it("marks what is not archived, up to now", () => {
    const scale = scaleOf(span, NOON);
    expect(gapsOf(scale, extent)).toEqual([{ fromMs: span.toMs, toMs: scale.toMs }]);
  });

  it("is marked at full hours of local time", () => {
    const marks = marksOf(scaleOf({ fromMs: NOON - 40 * HOUR_MS, toMs: NOON }, NOON));
    expect(marks.map((ms) => wallTime(ms).time)).toEqual([
      "00:00",
      "06:00",
      "12:00",
      "18:00",
      "00:00",
      "06:00",
    ]);
  });
});

describe("local time in fields", () => {
  it("is that of Helsinki in summer and winter", () => {
    expect(wallTime(NOON)).toEqual({ day: "2026-11-26", time: "12:00" });
    for (const day of ["2026-07-01", "2026-11-26", "2026-03-29", "2026-10-25"]) {
      const atMs = momentOf({ day, time: "12:34" });
      expect(atMs !== undefined && wallTime(atMs)).toEqual({ day, time: "12:34" });
    }
    expect(momentOf({ day: "2026-11-26", time: "9.05" })).toBe(NOON - 3 * HOUR_MS + 5 * 60_000);
  });

  it("takes the first of an hour that comes twice, and a later one for one that is left out", () => {
    expect(momentOf({ day: "2026-10-25", time: "03:30" })).toBe(Date.parse("2026-10-25T00:30Z"));
    const skipped = momentOf({ day: "2026-03-29", time: "03:30" });
    expect(skipped !== undefined && wallTime(skipped).time).toBe("04:30");
  });

  it("is nothing where it is no time", () => {
    for (const time of ["24:00", "1:5", "", "noon", "12:60"]) {
      expect(momentOf({ day: "2026-11-26", time })).toBeUndefined();
    }
    expect(momentOf({ day: "", time: "12:00" })).toBeUndefined();
    expect(momentOf({ day: "2026-13-45", time: "12:00" })).toBeUndefined();
  });
});

describe("CSV", () => {
  it("is read whatever pieces it comes in", () => {
    const text = 'a,"b, ""c""",\r\n"two\nlines",,x\nlast';
    const rows = [["a", 'b, "c"', ""], ["two\nlines", "", "x"], ["last"]];
    const whole = new CsvRows();
    expect([...whole.push(text), ...whole.end()]).toEqual(rows);
    const pieces = new CsvRows();
    expect([...[...text].flatMap((sign) => pieces.push(sign)), ...pieces.end()]).toEqual(rows);
    expect(new CsvRows().end()).toEqual([]);
  });

  it("ends where it is too long, and says so", async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode("ä,1\n")),
    });
    let isCut = false;
    let rows = 0;
    for await (const [name] of csvRows(endless, 1_000, () => (isCut = true))) {
      expect(name).toBe("ä");
      rows += 1;
    }
    expect(isCut).toBe(true);
    expect(rows).toBe(201);
  });
});

describe("differences", () => {
  it("fall into classes that are the same both ways", () => {
    expect([-99, -20, -10, -5, -4.9, 0, 4.9, 5, 10, 20, 99].map(classOf)).toEqual([
      0, 0, 1, 2, 3, 3, 3, 4, 5, 6, 6,
    ]);
    for (const change of [3, 7, 15, 30, ...CLASS_ENDS]) {
      expect(classOf(change) + classOf(-change)).toBe(2 * SAME_CLASS);
    }
  });

  it("are read of what is known at both moments", () => {
    const feature = (id: string, before: number | null, after: number | null): object => ({
      geometry: {
        type: "LineString",
        coordinates: [
          [24, 60],
          [25, 60],
        ],
      },
      properties: { id, five_minutes: { speed_km_h: { value: { before, after } } } },
    });
    const features = [feature("a", 30, 20), feature("b", null, 20), feature("c", 5, 40), {}, null];
    const next = "/v1/regions/oulu/diff/links?bbox=1,2,3,4&cursor=x%2Fy";
    const page = readDifferences({ features, next });
    expect(page.streets.map(({ id, change }) => [id, change])).toEqual([
      ["a", -10],
      ["c", 35],
    ]);
    expect(page.unknown).toBe(1);
    expect(page.cursor).toBe("x/y");
    expect([...page.streets].sort(byChange).map(({ id }) => id)).toEqual(["c", "a"]);
    expect(readDifferences("?")).toEqual({ streets: [], unknown: 0, cursor: undefined });
  });

  it("of a what-if are read by the names of the columns", () => {
    const read = meanReader(
      "region,layer,id,property,looks,before,after,difference,new".split(","),
    );
    expect(read?.("oulu,links,a,p,3,10,12.5,2.5,?".split(","))).toEqual({
      layer: "links",
      id: "a",
      property: "p",
      looks: 3,
      before: 10,
      after: 12.5,
      difference: 2.5,
    });
    // One of the two pictures does not have it.
    expect(read?.("oulu,links,a,p,3,,12.5,".split(","))).toBeUndefined();
    expect(meanReader(["id"])).toBeUndefined();
  });

  it("are kept only while they are among the largest", () => {
    const largest = new Largest<number>(3, Math.abs);
    for (let n = 0; n < 1_000; n += 1) largest.add(n % 2 === 0 ? n : -n);
    expect(largest.all()).toEqual([-999, 998, -997]);
  });
});

const STATUS = {
  id: "7",
  state: "paused",
  error: null,
  address: "/replays/7/",
  baseline: null,
  regions: ["oulu"],
  from_ms: NOON,
  to_ms: NOON + HOUR_MS,
  time_ms: NOON,
  speed: 1,
};

describe("a replay", () => {
  it("is read as the server tells it, below the folder that the server is in", () => {
    const replay = readReplay({ ...STATUS, speed: "max", baseline: "/replays/7.baseline/" });
    expect(replay).toMatchObject({ address: "replays/7/", baseline: "replays/7.baseline/" });
    expect(replay?.speed).toBe("max");
    expect(readReplay({ ...STATUS, state: "dancing" })).toBeUndefined();
    expect(readReplays({ replays: [STATUS, null, {}] }).map(({ id }) => id)).toEqual(["7"]);
  });

  it("may serve the page itself", () => {
    const root = "https://a.example/tilanne/";
    expect(servedBy(root)).toEqual({ root, replay: undefined });
    expect(servedBy(`${root}replays/12/`)).toEqual({ root, replay: "12" });
    expect(servedBy(`${root}replays/12.baseline/`)).toEqual({ root, replay: "12" });
  });

  it("is in the address of the page by its moment", () => {
    const written = writeAddress({ city: "oulu", atMs: NOON, compare: "side" });
    expect(readAddress(written)).toMatchObject({ atMs: NOON, compare: "side" });
  });
});

/** A server with replays that do what they are told. */
class ScriptedServer {
  readonly url = "http://tilanne.example/";
  readonly replays = new Map<string, typeof STATUS>();
  readonly said: string[] = [];
  refusal: AnswerError | undefined;
  private started = 0;

  async get(path: string): Promise<unknown> {
    return this.find(path);
  }

  async send(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: object = {},
  ): Promise<unknown> {
    this.said.push(`${method} ${path.replace("v1/replays", "")} ${JSON.stringify(body)}`.trim());
    if (this.refusal !== undefined) throw this.refusal;
    if (method === "POST") {
      const { from, ...wanted } = body as Pick<typeof STATUS, "regions" | "speed"> & {
        from: string;
        paused: boolean;
      };
      this.started += 1;
      const id = String(this.started);
      const begins = Date.parse(from);
      const state = wanted.paused ? "paused" : "playing";
      const made = { ...STATUS, ...wanted, id, state, address: `/replays/${id}/` };
      this.replays.set(id, { ...made, from_ms: begins, time_ms: begins });
      return this.replays.get(id);
    }
    const replay = this.find(path);
    if (method === "DELETE") this.replays.delete(replay.id);
    const { seek, paused } = body as { seek?: string; paused?: boolean };
    if (seek !== undefined) replay.time_ms = Date.parse(seek);
    if (paused !== undefined) replay.state = paused ? "paused" : "playing";
    return replay;
  }

  private find(path: string): typeof STATUS {
    const replay = this.replays.get(path.split("/").at(-1) ?? "");
    if (replay === undefined) throw new AnswerError("there is no replay", 404);
    return replay;
  }
}

describe("the past", () => {
  let server: ScriptedServer;
  let followed: (string | undefined)[];
  let past: Past;
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    server = new ScriptedServer();
    followed = [];
    past = new Past(server, { follow: (url) => followed.push(url), told: () => undefined });
  });

  afterEach(() => {
    past.end();
    vi.useRealTimers();
  });

  it("starts a replay that stands, moves it, and ends it", async () => {
    past.goTo("oulu", NOON);
    expect(past.momentMs).toBe(NOON);
    await settle();
    expect(followed).toEqual(["http://tilanne.example/replays/1/"]);
    expect(past.replay?.state).toBe("paused");
    past.goTo("oulu", NOON + 60_000);
    await settle();
    past.play();
    await settle();
    expect(past.replay).toMatchObject({ timeMs: NOON + 60_000, state: "playing" });
    past.end();
    await settle();
    expect(followed.at(-1)).toBeUndefined();
    expect(past.momentMs).toBeUndefined();
    expect(server.replays.size).toBe(0);
    expect(server.said.map((said) => said.split(" ").slice(0, 2).join(" "))).toEqual(
      ["POST", "PATCH /1", "PATCH /1", "DELETE /1"].map((said) => expect.stringContaining(said)),
    );
  });

  it("starts another one for what the first does not reach, and ends the first", async () => {
    past.goTo("oulu", NOON);
    await settle();
    for (const [region, atMs] of [
      ["oulu", NOON - 60_000],
      ["oulu", NOON + SEEK_FORTH_MS],
      ["turku", NOON + SEEK_FORTH_MS],
    ] as const) {
      past.goTo(region, atMs);
      await settle();
      expect(past.replay).toMatchObject({ regions: [region], timeMs: atMs });
    }
    expect([...server.replays.keys()]).toEqual([past.replay?.id]);
  });

  it("goes to the last of many moments that are asked for at once", async () => {
    for (let n = 0; n < 50; n += 1) past.goTo("oulu", NOON + n * 1_000);
    await settle();
    expect(past.replay?.timeMs).toBe(NOON + 49_000);
    expect(server.said.length).toBeLessThan(4);
  });

  it("keeps no replay when the reader goes back to the present meanwhile", async () => {
    past.goTo("oulu", NOON);
    past.end();
    await settle();
    expect(followed).toEqual([]);
    expect(server.replays.size).toBe(0);
  });

  it("starts a replay that the server has ended again, once", async () => {
    past.goTo("oulu", NOON);
    await settle();
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect(past.replay?.id).toBe("2");
    expect(past.trouble).toBeUndefined();
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect(past.trouble?.what).toBe("gone");
    const asked = server.said.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.said.length).toBe(asked);
    past.goTo("oulu", NOON);
    await settle();
    expect(past.replay?.id).toBe("3");
    expect(past.trouble).toBeUndefined();
  });

  it("says why it cannot be", async () => {
    for (const [status, what] of [
      [503, "too_many"],
      [404, "nothing"],
      [400, "refused"],
      [0, "unreachable"],
    ] as const) {
      server.refusal = new AnswerError("no", status);
      past.goTo("oulu", NOON);
      await settle();
      expect(past.trouble?.what).toBe(what);
      expect(past.momentMs).toBeUndefined();
    }
    expect(followed).toEqual([]);
  });

  it("does not end what others have started", async () => {
    server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
    await past.adopt("9");
    expect(past.isForeign).toBe(true);
    past.goTo("oulu", NOON + HOUR_MS - 1);
    await settle();
    past.end();
    await settle();
    expect([...server.replays.keys()]).toEqual(["9"]);
    expect(followed).toEqual(["http://tilanne.example/replays/9/", undefined]);
  });
});
