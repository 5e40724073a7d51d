/** How a feed is, as far as this page can honestly say. Pure. */

import type { Feed } from "tilanne-client";
import type { Cadence } from "./cadence";

/** `stale`: said to be live, but nothing comes. `unknown`: we cannot know, we are not connected. */
export type FeedState = "live" | "stale" | "idle" | "down" | "starting" | "ended" | "unknown";

/** The server writes a status each second; this long without one, the feed's task is not well. */
export const STATUS_SILENCE_MS = 10_000;

const SAID: readonly string[] = ["live", "idle", "down", "starting", "ended"];

/** Milliseconds since the feed's newest record came; `undefined` when none ever did. */
export function silenceMs(feed: Feed, nowMs: number): number | undefined {
  const last = feed.last_received_ms;
  return last === null || last === undefined ? undefined : Math.max(0, nowMs - last);
}

export function feedState(
  feed: Feed,
  nowMs: number | undefined,
  cadence: Cadence,
  connected: boolean,
): FeedState {
  if (!connected || nowMs === undefined || !SAID.includes(feed.connection)) return "unknown";
  const state = feed.connection as FeedState;
  if (state !== "ended" && nowMs - feed.status_time_ms > STATUS_SILENCE_MS) return "stale";
  const silence = silenceMs(feed, nowMs);
  const silent = silence !== undefined && silence > cadence.limitMs(feed.id);
  return state === "live" && silent ? "stale" : state;
}
