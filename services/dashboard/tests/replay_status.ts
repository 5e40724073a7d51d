/** A replay of an hour at Oulu, as the server tells of it. */

export const HOUR_MS = 3_600_000;
export const NOON = Date.parse("2026-11-26T10:00:00Z");

export const STATUS = {
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
