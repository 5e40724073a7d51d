import { describe, expect, it } from "vitest";
import { ServerClock } from "../src/index.js";

describe("the server's clock", () => {
  it("does not depend on the browser's, and keeps the message that travelled fastest", () => {
    let timerMs = 500;
    const clock = new ServerClock(() => timerMs);
    expect(clock.nowMs()).toBeUndefined();
    clock.restart(1_000_000);
    timerMs = 1_500;
    clock.observe(1_000_400); // 600 ms late
    expect(clock.nowMs()).toBe(1_001_000);
    expect(clock.lagMs()).toBe(600);
    clock.observe(1_001_200); // faster than the first
    expect(clock.nowMs()).toBe(1_001_200);
    expect(clock.lagMs()).toBe(0);
  });

  it("catches up after a sleep of the timer, and follows a server set back", () => {
    const clock = new ServerClock(() => 0);
    clock.restart(1_000);
    clock.observe(3_601_000);
    expect(clock.nowMs()).toBe(3_601_000);
    clock.restart(500);
    expect(clock.nowMs()).toBe(500);
  });

  it("is of a replay what its newest message says: it stands, jumps back and runs", () => {
    let timerMs = 0;
    const clock = new ServerClock(() => timerMs);
    clock.restart(9_000_000);
    clock.follow(1_000_000);
    timerMs = 90_000;
    expect(clock.nowMs()).toBe(1_000_000);
    expect(clock.lagMs()).toBe(0);
    clock.follow(400_000);
    expect(clock.nowMs()).toBe(400_000);
    clock.follow(7_000_000);
    expect(clock.nowMs()).toBe(7_000_000);
  });
});
