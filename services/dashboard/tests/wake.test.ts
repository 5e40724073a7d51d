import { describe, expect, it } from "vitest";
import { SLEEP_MS, Wake } from "../src/stream/wake";

describe("a computer that slept", () => {
  let timerMs = 1_000;
  let wallMs = 50_000;
  const pass = (ms: number): void => {
    timerMs += ms;
    wallMs += ms;
  };

  it("knows that what it shows is old until something comes", () => {
    const wake = new Wake(
      () => timerMs,
      () => wallMs,
    );
    pass(1_000);
    expect(wake.lagMs(300)).toBe(300);
    expect(wake.lagMs(undefined)).toBeUndefined();
    // An hour during which the timer stood.
    wallMs += 3_600_000;
    expect(wake.lagMs(300)).toBe(3_600_300);
    pass(1_000);
    expect(wake.lagMs(1_300)).toBe(3_601_300);
    pass(500);
    expect(wake.lagMs(100)).toBe(100);
    pass(5_000);
    expect(wake.lagMs(5_100)).toBe(5_100);
  });

  it("adds up what it slept before anything came", () => {
    const wake = new Wake(
      () => timerMs,
      () => wallMs,
    );
    wallMs += 3_600_000;
    expect(wake.lagMs(300)).toBe(3_600_300);
    pass(1_000);
    wallMs += 60_000;
    expect(wake.lagMs(1_300)).toBe(3_661_300);
    // Something came, and then it slept again.
    pass(1_000);
    expect(wake.lagMs(100)).toBe(100);
    wallMs += 60_000;
    expect(wake.lagMs(100)).toBe(60_100);
  });

  it("does not mind a clock that is set by a little, or is wrong all the time", () => {
    const wake = new Wake(
      () => timerMs,
      () => wallMs - 3_600_000,
    );
    wallMs += SLEEP_MS;
    pass(1_000);
    expect(wake.lagMs(900)).toBe(900);
  });
});
