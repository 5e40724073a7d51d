import { describe, expect, it } from "vitest";
import { KINDS, alertsPath, parseAlerts } from "../src/panels/alerts/alerts";
import { TEXTS } from "../src/panels/alerts/texts";

const json = (more: object = {}): object => ({
  offset: 3,
  id: "queue/1-2-3@1700000000",
  sequence: 90,
  kind: "queue",
  is_over: false,
  layer: "queues",
  object_id: "1-2-3@1700000000",
  time_ms: 1_700_000_120_000,
  since_ms: 1_700_000_000_000,
  message: "A queue of 640 m costs 95 s, which is not usual at this hour.",
  position: [24.9, 60.2],
  length_m: 640,
  delay_s: 95.4,
  ...more,
});

describe("alerts", () => {
  it("are asked for by region", () => {
    expect(alertsPath("a/b")).toBe("v1/regions/a%2Fb/alerts?limit=50");
  });

  it("are read with place and figures where they have some", () => {
    const page = parseAlerts({ alerts: [json()], first: 3, more: true });
    expect(page?.before).toBe(3);
    expect(page?.alerts[0]).toEqual({
      offset: 3,
      kind: "queue",
      is_over: false,
      object_id: "1-2-3@1700000000",
      time_ms: 1_700_000_120_000,
      since_ms: 1_700_000_000_000,
      message: "A queue of 640 m costs 95 s, which is not usual at this hour.",
      place: { longitude_deg: 24.9, latitude_deg: 60.2 },
      length_m: 640,
      delay_s: 95.4,
    });
    const bare = parseAlerts({ alerts: [json({ position: undefined, length_m: "long" })] });
    expect(bare?.alerts[0]).toMatchObject({ place: undefined, length_m: undefined });
    expect(bare?.before).toBeUndefined();
  });

  it("that are not understood are left out, and what is no answer is none", () => {
    const odd = [
      null,
      {},
      json({ kind: "meteor" }),
      json({ offset: "3" }),
      json({ time_ms: null }),
    ];
    expect(parseAlerts({ alerts: odd, first: 0, more: false })?.alerts).toEqual([]);
    for (const answer of [undefined, null, [], {}, { alerts: {} }, { title: "no" }]) {
      expect(parseAlerts(answer)).toBeUndefined();
    }
    for (const position of [[], [24.9], ["24.9", "60.2"], "here", [24.9, Infinity]]) {
      expect(parseAlerts({ alerts: [json({ position })] })?.alerts[0]?.place).toBeUndefined();
    }
  });

  it("have words for all kinds", () => {
    for (const kind of KINDS) {
      expect(TEXTS.en[kind]).not.toBe(TEXTS.en[`over.${kind}`]);
    }
  });
});
