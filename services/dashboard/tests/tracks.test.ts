import { describe, expect, it } from "vitest";
import { fromMercator, metresPerMercator, toMercator } from "../src/map/geography";
import { STALE_AFTER_MS, staleness } from "../src/map/vehicles";
import { WORLD_UNITS } from "../src/map/vehicles/plane";
import { MAX_PARTS, PART_SEGMENTS, Traces } from "../src/map/vehicles/traces";
import { LONGEST_GLIDE_MS, Tracks } from "../src/map/vehicles/tracks";
import { vehicle } from "./scripted";

const moving = (): Tracks => new Tracks(() => true);

describe("a gliding vehicle", () => {
  it("takes the time that lay between the fixes, and stops at the newest", () => {
    const tracks = moving();
    tracks.place(vehicle("a", 25, 60, 0), 0);
    tracks.place(vehicle("a", 25.001, 60, 2_000), 5_000);
    const longitude = (ms: number): number => tracks.position("a", ms)?.longitude_deg ?? Number.NaN;
    expect(longitude(5_000)).toBeCloseTo(25, 9);
    expect(longitude(6_000)).toBeCloseTo(25.0005, 9);
    expect(longitude(7_000)).toBeCloseTo(25.001, 9);
    // Nothing more is known: it is not driven on.
    expect(longitude(60_000)).toBeCloseTo(25.001, 9);
    expect(tracks.moving(6_999)).toBe(true);
    expect(tracks.moving(7_000)).toBe(false);
  });

  it("turns from where it is drawn when a fix comes early", () => {
    const tracks = moving();
    tracks.place(vehicle("a", 25, 60, 0), 0);
    tracks.place(vehicle("a", 25.001, 60, 2_000), 0);
    tracks.place(vehicle("a", 25.002, 60, 3_000), 1_000);
    expect(tracks.position("a", 1_000)?.longitude_deg).toBeCloseTo(25.0005, 9);
    expect(tracks.position("a", 2_000)?.longitude_deg).toBeCloseTo(25.002, 9);
  });

  it("never shows a place older than the longest glide", () => {
    const tracks = moving();
    tracks.place(vehicle("a", 25, 60, 0), 0);
    tracks.place(vehicle("a", 25.001, 60, 600_000), 0);
    expect(tracks.position("a", LONGEST_GLIDE_MS)?.longitude_deg).toBeCloseTo(25.001, 9);
  });

  it("appears at once where no drive leads, or when the reader wants no movement", () => {
    const far = moving();
    far.place(vehicle("a", 25, 60, 0), 0);
    expect(far.place(vehicle("a", 26, 60, 1_000), 0)).toBeUndefined();
    expect(far.position("a", 0)?.longitude_deg).toBeCloseTo(26, 9);
    const calm = new Tracks(() => false);
    calm.place(vehicle("a", 25, 60, 0), 0);
    calm.place(vehicle("a", 25.001, 60, 1_000), 0);
    expect(calm.position("a", 0)?.longitude_deg).toBeCloseTo(25.001, 9);
    expect(calm.moving(0)).toBe(false);
  });

  it("stays where it was seen when a report has no position, and ages there", () => {
    const tracks = moving();
    tracks.place(vehicle("a", 25, 60, 0), 0);
    const blind = vehicle("a", 0, 0, 9_000);
    blind.report.position = null;
    tracks.place(blind, 9_000);
    expect(tracks.position("a", 9_000)?.longitude_deg).toBeCloseTo(25, 9);
    expect(tracks.get("a")?.fixMs).toBe(0);
    tracks.place({ ...blind, id: "never seen" }, 0);
    expect(tracks.size).toBe(1);
  });
});

describe("staleness", () => {
  it("is full at a minute and none when fresh", () => {
    expect(staleness(0)).toBe(0);
    expect(staleness(STALE_AFTER_MS)).toBe(1);
    expect(staleness(STALE_AFTER_MS - 1)).toBeLessThan(1);
  });
});

describe("geography", () => {
  it("goes to the Mercator plane and back", () => {
    const there = toMercator({ longitude_deg: 24.94, latitude_deg: 60.17 });
    const back = fromMercator(there);
    expect(back.longitude_deg).toBeCloseTo(24.94, 9);
    expect(back.latitude_deg).toBeCloseTo(60.17, 9);
    // The parallel of 60 degrees is half as long as the equator.
    const sixty = metresPerMercator(toMercator({ longitude_deg: 0, latitude_deg: 60 }));
    expect(sixty).toBeCloseTo(20_037_508.35, 0);
  });
});

describe("traces", () => {
  const driven = (segments: number): Traces => {
    const traces = new Traces();
    for (let i = 0; i < segments; i += 1) traces.add({ x: i, y: 0 }, { x: i + 1, y: 0 });
    return traces;
  };

  it("keep a bounded number of segments, dropping the oldest", () => {
    const { parts } = driven(MAX_PARTS * PART_SEGMENTS + 1);
    expect(parts).toHaveLength(MAX_PARTS);
    expect(parts[0]?.ends[0]).toBe(PART_SEGMENTS * WORLD_UNITS);
    expect(parts.at(-1)?.count).toBe(1);
  });

  it("never change a part that is full, so that it need not be sent again", () => {
    const traces = driven(PART_SEGMENTS);
    const [full] = traces.parts;
    const before = full?.ends.slice();
    traces.add({ x: 0.5, y: 0.5 }, { x: 0.6, y: 0.5 });
    expect(full?.ends).toEqual(before);
    expect(traces.parts.map(({ number }) => number)).toEqual([0, 1]);
  });
});
