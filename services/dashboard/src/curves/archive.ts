/** Asks for how an object was at the moments of a day, the newest part of it first. */

import { problemOf } from "../problem_words";
import { MINUTE_MS } from "./time";

/** From a moment to the next. */
export const STEP_MS = 5 * MINUTE_MS;
/** Moments of the first question: there soon. */
const FIRST_MOMENTS = 2;
/** Most moments of one: an hour. The server goes through all that a region received meanwhile. */
export const PART_MOMENTS = 12;

export interface CurveObject {
  readonly region: string;
  readonly layer: "links" | "areas" | "area_emissions";
  readonly id: string;
}

/**
 * What came of a question. `absent`: the archive does not have the first moment. `broken`: the answer
 * was broken off, as where a later moment is missing.
 */
export type Answer =
  | { readonly kind: "had"; readonly objects: readonly unknown[] }
  | { readonly kind: "absent" | "broken" }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string };

/** How far it was gone back, and why not farther. */
export type Ending =
  | { readonly kind: "complete" | "paused" | "begins" }
  | { readonly kind: "refused"; readonly status: number; readonly detail: string };

/** HTTP's Not Found: before the archive begins, in a gap, or nothing is archived at all. */
const NOT_FOUND = 404;
/** An answer that is not whole by now will not be. */
const ANSWER_MS = 60_000;

function time(timeMs: number): string {
  return encodeURIComponent(new Date(timeMs).toISOString());
}

/** Path of the question for the moments of a part. */
export function seriesPath(
  { region, layer, id }: CurveObject,
  fields: readonly string[],
  fromMs: number,
  toMs: number,
): string {
  const [place, name] = [encodeURIComponent(region), encodeURIComponent(id)];
  const span = `from=${time(fromMs)}&to=${time(toMs)}&step=PT${STEP_MS / MINUTE_MS}M`;
  return `v1/regions/${place}/${layer}/${name}?${span}&fields=${fields.join(",")}`;
}

/** The objects of a series; `undefined` where it is none, as when it was broken off. */
export function objectsOf(answer: unknown): unknown[] | undefined {
  const moments = (answer as { moments?: unknown } | undefined)?.moments;
  if (!Array.isArray(moments)) return undefined;
  return moments.flatMap((moment: unknown) => {
    const object = (moment as { object?: unknown } | null)?.object;
    return typeof object === "object" && object !== null ? [object] : [];
  });
}

/** Asks once. Throws only what an abortion throws. */
export async function askPart(
  get: (path: string, signal: AbortSignal) => Promise<unknown>,
  path: string,
  signal: AbortSignal,
): Promise<Answer> {
  const late = AbortSignal.timeout(ANSWER_MS);
  const lost: Answer = { kind: "refused", status: 0, detail: "" };
  try {
    const objects = objectsOf(await get(path, AbortSignal.any([signal, late])));
    signal.throwIfAborted();
    if (late.aborted) return lost;
    return objects === undefined ? { kind: "broken" } : { kind: "had", objects };
  } catch (error) {
    signal.throwIfAborted();
    const problem = problemOf(error);
    return problem.status === NOT_FOUND ? { kind: "absent" } : { kind: "refused", ...problem };
  }
}

/** Where a way back goes, and what is done on it. */
export interface WayBack {
  readonly fromMs: number;
  readonly toMs: number;
  ask(fromMs: number, toMs: number): Promise<Answer>;
  /** All from this moment on is there. */
  took(objects: readonly unknown[], fromMs: number): void;
  /** Whether to go on. */
  isPatient(): boolean;
}

/**
 * Goes back part by part, each twice as long as the one before. Where the archive lacks something of a
 * part, half of it is asked for, down to single moments: so it is found how far back the archive goes,
 * without relying on words.
 */
export async function goBack(way: WayBack): Promise<Ending> {
  let endMs = Math.floor(way.toMs / STEP_MS) * STEP_MS;
  let moments = FIRST_MOMENTS;
  let isNearEnd = false;
  while (endMs >= way.fromMs) {
    if (!way.isPatient()) return { kind: "paused" };
    const left = Math.floor((endMs - way.fromMs) / STEP_MS) + 1;
    const count = Math.min(moments, left);
    const startMs = endMs - (count - 1) * STEP_MS;
    const answer = await way.ask(startMs, endMs);
    if (answer.kind === "refused") return answer;
    if (answer.kind === "had") {
      way.took(answer.objects, startMs);
      endMs = startMs - STEP_MS;
      if (!isNearEnd) moments = Math.min(PART_MOMENTS, moments * 2);
    } else if (count === 1) {
      // Of one moment there is nothing to break off: that is a fault, not the end of the archive.
      const isEnd = answer.kind === "absent";
      return isEnd ? { kind: "begins" } : { kind: "refused", status: 0, detail: "" };
    } else {
      moments = Math.floor(count / 2);
      isNearEnd = true;
    }
  }
  return { kind: "complete" };
}
