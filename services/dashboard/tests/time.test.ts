import { describe, expect, it } from "vitest";
import { readAddress, writeAddress } from "../src/address";
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
import { elsewhere, readReplay, readReplays, servedBy } from "../src/time/replay";
import { gapsOf, marksOf, momentAt, positionOf, scaleOf, shareOf } from "../src/time/scale";
import { momentOf, wallTime } from "../src/time/wall_time";
import { HOUR_MS, NOON, STATUS } from "./replay_status";

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

describe("a replay", () => {
  it("is read as the server tells it, below the folder that the server is in", () => {
    const replay = readReplay({ ...STATUS, speed: "max", baseline: "/replays/7.baseline/" });
    expect(replay).toMatchObject({ address: "replays/7/", baseline: "replays/7.baseline/" });
    expect(replay?.speed).toBe("max");
    expect(readReplay({ ...STATUS, state: "dancing" })).toBeUndefined();
    expect(readReplays({ replays: [STATUS, null, {}] }).map(({ id }) => id)).toEqual(["7"]);
  });

  it("is looked at where it is", () => {
    const replay = readReplay({ ...STATUS, regions: ["turku", "tampere"] });
    if (replay === undefined) throw new Error("no replay");
    expect(elsewhere(replay, "tampere")).toBeUndefined();
    expect(elsewhere(replay, "oulu")).toBe("turku");
    expect(elsewhere({ ...replay, regions: [] }, "oulu")).toBeUndefined();
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
