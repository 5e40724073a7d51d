import { describe, expect, it } from "vitest";
import { fromMercator } from "../src/map/geography";
import { DARK, LIGHT, MODES } from "../src/map/palette";
import { Fleet } from "../src/map/vehicles/fleet";
import type { Filling } from "../src/map/vehicles/fleet";
import { rgb } from "../src/map/vehicles/look";
import type { FrameClock } from "../src/map/vehicles/pace";
import { FramePace, frameIntervalMs } from "../src/map/vehicles/pace";
import { WORLD_UNITS } from "../src/map/vehicles/plane";
import { PUNCTUALITY, punctualityColours, punctualityOf } from "../src/map/vehicles/punctuality";
import { Tracks } from "../src/map/vehicles/tracks";
import { vehicle } from "./scripted";

const SERVER_MS = 1_700_000_000_000;

function filling(tracks: Tracks, nowMs: number, more: Partial<Filling> = {}): Filling {
  const colour = (): [number, number, number] => [1, 2, 3];
  return { tracks, nowMs, serverNowMs: SERVER_MS, selected: undefined, colour, ...more };
}

/** Where the shader draws a vehicle: the same sums, in the precision of the arrays. */
function drawnAt(fleet: Fleet, at: number, nowMs: number): { x: number; y: number } {
  const [backX = 0, backY = 0, startS = 0, durationS = 0] = fleet.glides.subarray(at * 4);
  const nowS = (nowMs - fleet.epochMs) / 1_000;
  const share = durationS > 0 ? Math.min(1, Math.max(0, (nowS - startS) / durationS)) : 1;
  const [x = 0, y = 0] = fleet.places.subarray(at * 2);
  return {
    x: (x + backX * (1 - share)) / WORLD_UNITS,
    y: 1 - (y + backY * (1 - share)) / WORLD_UNITS,
  };
}

describe("what the graphics card gets", () => {
  it("draws a vehicle where the page believes it, at any moment of its glide", () => {
    const tracks = new Tracks(() => true);
    tracks.place(vehicle("a", 24.94, 60.17, 0), 0);
    tracks.place(vehicle("a", 24.9421, 60.1705, 2_000), 5_000);
    const fleet = new Fleet();
    // Filled in the middle of the glide, and long after the page was opened.
    fleet.fill(filling(tracks, 5_700));
    for (const nowMs of [5_000, 5_700, 6_100, 7_000, 60_000]) {
      const drawn = fromMercator(drawnAt(fleet, 0, nowMs));
      const believed = tracks.position("a", nowMs);
      // 1e-9 degrees are a tenth of a millimetre: far less than a pixel at the closest zoom.
      expect(drawn.longitude_deg).toBeCloseTo(believed?.longitude_deg ?? Number.NaN, 9);
      expect(drawn.latitude_deg).toBeCloseTo(believed?.latitude_deg ?? Number.NaN, 9);
    }
  });

  it("lets a vehicle stand when no movement is wanted", () => {
    const tracks = new Tracks(() => false);
    tracks.place(vehicle("a", 25, 60, 0), 0);
    tracks.place(vehicle("a", 25.001, 60, 1_000), 1_000);
    const fleet = new Fleet();
    fleet.fill(filling(tracks, 1_000));
    expect(fleet.glides[3]).toBe(0);
    expect(fromMercator(drawnAt(fleet, 0, 1_000)).longitude_deg).toBeCloseTo(25.001, 9);
  });

  it("knows the age of a fix, an unknown bearing, and which vehicle is selected", () => {
    const tracks = new Tracks(() => true);
    const old = vehicle("old", 25, 60, SERVER_MS - 61_000);
    old.report.bearing_deg = null;
    tracks.place(old, 0);
    const fresh = vehicle("fresh", 25, 60, SERVER_MS);
    fresh.report.bearing_deg = 0;
    tracks.place(fresh, 0);
    const fleet = new Fleet();
    fleet.fill(filling(tracks, 0, { selected: "fresh" }));
    expect([...fleet.fixes.subarray(0, 2)]).toEqual([-61, 0]);
    expect(fleet.bearings[0]).toBeLessThan(0);
    expect(fleet.bearings[1]).toBe(0);
    expect(fleet.selectedAt).toBe(1);
    fleet.fill(filling(tracks, 0, { selected: "gone" }));
    expect(fleet.selectedAt).toBeUndefined();
  });

  it("has a label only where a line is told, and forgets that of another vehicle", () => {
    const tracks = new Tracks(() => true);
    const fleet = new Fleet();
    const labelled = vehicle("a", 25, 60, 0);
    labelled.report.route_short_name = "550";
    tracks.place(labelled, 0);
    const cell = [0, 0, 8, 16, 80, 32, 0];
    const label = (line: string): number[] | undefined => (line === "550" ? cell : undefined);
    fleet.fill(filling(tracks, 0, { label }));
    expect([...fleet.labels.subarray(0, 7)]).toEqual(cell);
    tracks.clear();
    const plain = vehicle("b", 25, 60, 0);
    plain.report.route_short_name = null;
    tracks.place(plain, 0);
    fleet.fill(filling(tracks, 0, { label }));
    expect([...fleet.labels.subarray(0, 7)]).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it("has room for a large city", () => {
    const tracks = new Tracks(() => true);
    for (let i = 0; i < 3_000; i += 1) tracks.place(vehicle(`v${i}`, 25 + i / 1e4, 60, 0), 0);
    const fleet = new Fleet();
    fleet.fill(filling(tracks, 0));
    expect(fleet.count).toBe(3_000);
    expect(drawnAt(fleet, 2_999, 0).x).toBeCloseTo(25.2999 / 360 + 0.5, 9);
  });
});

describe("the pace of frames", () => {
  class Display implements FrameClock {
    ms = 0;
    frames: ((ms: number) => void)[] = [];
    pauses: number[] = [];
    nowMs = (): number => this.ms;
    frame = (run: (ms: number) => void): void => void this.frames.push(run);
    later = (run: () => void, ms: number): void => {
      this.pauses.push(ms);
      this.ms += ms;
      run();
    };
    /** The display shows a frame. */
    show(): boolean {
      const run = this.frames.shift();
      run?.(this.ms);
      return run !== undefined;
    }
  }

  /** A pace with a loop that draws as deck.gl does, each frame costing so much. */
  function looping(costMs: number, moving: () => boolean) {
    const display = new Display();
    let drawn = 0;
    const pace = new FramePace(display, moving, () => undefined);
    const loop = (): void => {
      drawn += 1;
      display.ms += costMs;
      pace.painted(Promise.resolve());
      pace.requestAnimationFrame(loop);
    };
    pace.requestAnimationFrame(loop);
    const show = async (): Promise<boolean> => {
      const shown = display.show();
      await Promise.resolve();
      await Promise.resolve();
      return shown;
    };
    return { display, pace, show, drawn: () => drawn };
  }

  it("paints nothing while everything stands, and once when asked", async () => {
    const { pace, show, drawn } = looping(5, () => false);
    expect(await show()).toBe(false);
    pace.want();
    pace.want();
    expect(await show()).toBe(true);
    expect(await show()).toBe(false);
    expect(drawn()).toBe(1);
  });

  it("paints each frame of the display while something moves and that is cheap", async () => {
    const { display, show, pace, drawn } = looping(8, () => true);
    pace.want();
    for (let i = 0; i < 10; i += 1) expect(await show()).toBe(true);
    expect(drawn()).toBe(10);
    expect(display.pauses).toEqual([]);
  });

  it("paints once more when the movement has ended, at the place of the end", async () => {
    let moves = true;
    const { show, pace, drawn } = looping(5, () => moves);
    pace.want();
    await show();
    moves = false;
    await show();
    await show();
    expect(drawn()).toBe(2);
  });

  it("leaves the page some of the time where a frame is dear, and is not put off by one", () => {
    expect(frameIntervalMs([])).toBe(0);
    expect(frameIntervalMs([900, 10, 12, 9, 11])).toBe(0);
    expect(frameIntervalMs([70, 70, 70])).toBeCloseTo(100, 6);
    expect(frameIntervalMs([5_000])).toBeLessThanOrEqual(500);
  });
});

describe("punctuality", () => {
  it("is early, on time, late or very late, and unknown where no delay is told", () => {
    const of = (delays: (number | null | undefined)[]): string[] => delays.map(punctualityOf);
    expect(of([-600, -61])).toEqual(["early", "early"]);
    expect(of([-60, 0, 180])).toEqual(["on_time", "on_time", "on_time"]);
    expect(of([181, 600])).toEqual(["late", "late"]);
    expect(of([601, 9_999])).toEqual(["very_late", "very_late"]);
    expect(of([null, undefined, Number.NaN])).toEqual(["unknown", "unknown", "unknown"]);
  });

  it("describes its classes without a gap, for the legend", () => {
    const told = PUNCTUALITY.filter(({ id }) => id !== "unknown");
    for (const [index, { fromS }] of told.entries()) expect(fromS).toBe(told[index - 1]?.untilS);
    expect(PUNCTUALITY.map(({ id }) => id).sort()).toEqual(
      Object.keys(punctualityColours(true)).sort(),
    );
  });
});

describe("colours of modes", () => {
  it("are one for each mode", () => {
    for (const palette of [LIGHT, DARK]) {
      expect(new Set(MODES.map((mode) => rgb(palette.mode[mode]).join())).size).toBe(MODES.length);
    }
  });
});
