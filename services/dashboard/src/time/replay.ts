/** A replay as the server tells of it. Pure. */

import { isObject } from "../json";

export const REPLAY_STATES = ["reaching", "playing", "paused", "ended", "failed"] as const;
export type ReplayState = (typeof REPLAY_STATES)[number];

/** Times real time, or as fast as it goes. */
export const SPEEDS = [1, 2, 5, 10, 30, 60, "max"] as const;
export type Speed = number | "max";

export interface Replay {
  readonly id: string;
  readonly state: ReplayState;
  /** Why it cannot go on. */
  readonly error: string | undefined;
  /** Folder of its picture, from the root of the server. */
  readonly address: string;
  /** The same of the picture without the change, of a what-if. */
  readonly baseline: string | undefined;
  readonly regions: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly timeMs: number;
  readonly speed: Speed;
}

/** `undefined` when it is not told as agreed. */
export function readReplay(answer: unknown): Replay | undefined {
  if (!isObject(answer)) return undefined;
  const { id, address, baseline, error, regions, speed } = answer;
  const { from_ms: fromMs, to_ms: toMs, time_ms: timeMs } = answer;
  const state = REPLAY_STATES.find((known) => known === answer["state"]);
  if (typeof id !== "string" || typeof address !== "string" || state === undefined)
    return undefined;
  if (typeof fromMs !== "number" || typeof timeMs !== "number") return undefined;
  return {
    id,
    state,
    error: typeof error === "string" ? error : undefined,
    address: relative(address),
    baseline: typeof baseline === "string" ? relative(baseline) : undefined,
    regions: Array.isArray(regions) ? regions.filter((one) => typeof one === "string") : [],
    fromMs,
    toMs: typeof toMs === "number" ? toMs : Math.max(timeMs, fromMs),
    timeMs,
    speed: typeof speed === "number" ? speed : "max",
  };
}

/** Those of the answer of `/v1/replays`, oldest first. */
export function readReplays(answer: unknown): readonly Replay[] {
  const listed = isObject(answer) ? answer["replays"] : undefined;
  return (Array.isArray(listed) ? listed : []).flatMap((one) => readReplay(one) ?? []);
}

/** The server may be in a folder of another one: what it calls its root is not always the host's. */
function relative(address: string): string {
  return address.replace(/^\/+/, "");
}

/** The region to turn to, where the one that is looked at is not in a replay. */
export function elsewhere({ regions }: Replay, region: string): string | undefined {
  return regions.includes(region) ? undefined : regions[0];
}

/** Whether time goes on, or will when the moment is reached. */
export function goesOn({ state }: Replay): boolean {
  return state === "playing" || state === "reaching";
}

/** The root of the server, and the replay that the page itself is served by, when it is. */
export function servedBy(folder: string): { root: string; replay: string | undefined } {
  const [, root, replay] = /^(.*\/)replays\/(\d+)(?:\.baseline)?\/$/.exec(folder) ?? [];
  return { root: root ?? folder, replay };
}
