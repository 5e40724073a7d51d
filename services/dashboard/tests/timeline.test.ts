import { describe, expect, it } from "vitest";
import type { Emission } from "tilanne-client";
import { MINUTES, Timelines } from "../src/emission/timeline";

const MINUTE_MS = 60_000;

/** A minute of a city, by its number. */
function minute(number: number): Emission {
  const estimate = { value: 1, low: 1, high: 1, excess: 0, excess_low: 0, excess_high: 0 };
  const end_time_ms = number * MINUTE_MS;
  const window = { duration_s: 60, end_time_ms, rates: { co2: estimate } };
  return { id: "city:x", kind: "city", minute: window } as unknown as Emission;
}

describe("the time line of a replay in which somebody steps back", () => {
  const lines = new Timelines();
  for (const number of [1_000, 1_001, 1_002]) lines.observe(minute(number), undefined);
  const until = (timeMs: number): number[] =>
    lines.of("city:x", "co2", timeMs).map((moment) => moment.timeMs / MINUTE_MS);

  it("ends at the moment that is shown", () => {
    expect(until(1_002 * MINUTE_MS)).toEqual([1_000, 1_001, 1_002]);
    expect(until(1_001 * MINUTE_MS)).toEqual([1_000, 1_001]);
    expect(until(1_001 * MINUTE_MS - 1)).toEqual([1_000]);
    expect(until(0)).toEqual([]);
  });

  it("has what it had, after more than a day was seen", () => {
    lines.observe(minute(1_003 + MINUTES), undefined);
    expect(until(1_002 * MINUTE_MS)).toEqual([1_000, 1_001, 1_002]);
  });
});
