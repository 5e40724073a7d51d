/**
 * Today's curves of what the reader has opened: from the archive as far as it was asked for, then on
 * with what the page sees. Bounded, and one question at a time: a series costs the server more than
 * anything else.
 */

import type { Source } from "../stream/source";
import type { CurveObject, Ending, WayBack } from "./archive";
import { STEP_MS, askPart, goBack, seriesPath } from "./archive";
import type { AreaPart, EmissionPart, LinkPart, Point } from "./points";
import {
  AREA_FIELDS,
  EMISSION_FIELDS,
  LINK_FIELDS,
  areaPoint,
  emissionPoint,
  linkPoint,
} from "./points";
import { dayStartMs } from "./time";

/** Curves kept; the one that was not looked at for longest goes first. */
export const CURVES_MAX = 24;
/** Points kept of one: a day of minutes. */
export const POINTS_MAX = 24 * 60;
/** After so long of asking, the reader says whether to go on. */
const BUDGET_MS = 20_000;
/** Nothing seen for so long: what is missing is asked for. */
const MISSED_MS = 2 * STEP_MS;

/** How a layer's objects become points. What the archive says is only as good as its shape. */
const MAKERS = {
  links: { fields: LINK_FIELDS, point: (object: unknown) => linkPoint(object as LinkPart) },
  areas: { fields: AREA_FIELDS, point: (object: unknown) => areaPoint(object as AreaPart) },
  area_emissions: {
    fields: EMISSION_FIELDS,
    point: (object: unknown) => emissionPoint(object as EmissionPart),
  },
} as const;

export type CurveState = { readonly kind: "asking" } | Ending;

/** One object's day. */
export interface Curve {
  /** By time, oldest first. */
  readonly points: readonly Point[];
  readonly state: CurveState;
  /** Changes whenever anything of it does. */
  readonly revision: number;
}

class Day implements Curve {
  points: Point[] = [];
  state: CurveState = { kind: "asking" };
  revision = 0;
  /** What is asked for of the past is there from here … */
  oldestMs: number | undefined;
  /** … to here, but for the gap. */
  newestMs: number | undefined;
  /** Why it was not gone farther back. */
  tail: Ending = { kind: "paused" };
  /** What was missed while nobody looked, and has not come yet. */
  gap: { readonly fromMs: number; readonly toMs: number } | undefined;

  /** Whether nothing farther back is to be asked for. */
  get reachesBack(): boolean {
    const isEnd = this.tail.kind === "complete" || this.tail.kind === "begins";
    return isEnd && this.oldestMs !== undefined;
  }

  /** Finds what was missed since the newest; a gap that is there already reaches on from its beginning. */
  miss(nowMs: number): void {
    const { oldestMs, newestMs, gap } = this;
    if (oldestMs === undefined || newestMs === undefined || nowMs - newestMs <= MISSED_MS) return;
    this.gap = { fromMs: gap?.fromMs ?? newestMs + 1, toMs: nowMs };
  }

  say(state: CurveState): void {
    this.state = state;
    this.revision += 1;
  }

  add(points: readonly (Point | undefined)[], dayMs: number): void {
    const byTime = new Map(this.points.map((point) => [point.timeMs, point]));
    for (const point of points) if (point !== undefined) byTime.set(point.timeMs, point);
    const today = [...byTime.values()].filter(({ timeMs }) => timeMs > dayMs);
    this.points = today.sort((a, b) => a.timeMs - b.timeMs).slice(-POINTS_MAX);
    this.revision += 1;
  }
}

/** A stretch to go back, and how long. */
type Way = Pick<WayBack, "fromMs" | "toMs" | "isPatient">;

function keyOf({ region, layer, id }: CurveObject, dayMs: number): string {
  return JSON.stringify([region, layer, id, dayMs]);
}

/** Makes a point; what has another shape is none. */
export function pointOf(layer: CurveObject["layer"], object: unknown): Point | undefined {
  try {
    return MAKERS[layer].point(object);
  } catch {
    return undefined;
  }
}

export class Curves {
  private static readonly all = new WeakMap<Source, Curves>();
  private readonly days = new Map<string, Day>();
  private opened = "";
  private asking: AbortController | undefined;

  constructor(
    private readonly get: (path: string, signal: AbortSignal) => Promise<unknown>,
    private readonly monotonicMs: () => number,
  ) {}

  /** Those of a source; they outlive the panel that shows them, which each change of language rebuilds. */
  static of(source: Source): Curves {
    const known = this.all.get(source);
    if (known !== undefined) return known;
    const get = (path: string, signal: AbortSignal): Promise<unknown> => source.get(path, signal);
    const made = new Curves(get, () => performance.now());
    this.all.set(source, made);
    return made;
  }

  /** What is known of an object on the day of a moment; opens none. */
  curve(object: CurveObject, nowMs: number): Curve | undefined {
    return this.days.get(keyOf(object, dayStartMs(nowMs)));
  }

  /**
   * The reader looks at these: asks for what of the day is missing. Does nothing while they stay open,
   * unless the time jumped.
   */
  open(objects: readonly CurveObject[], nowMs: number): void {
    const dayMs = dayStartMs(nowMs);
    const keys = objects.map((object) => keyOf(object, dayMs));
    const opened = JSON.stringify(keys);
    const hasJumped = keys.some((key) => {
      const day = this.days.get(key);
      return day?.state.kind !== "asking" && nowMs - (day?.newestMs ?? nowMs) > MISSED_MS;
    });
    if (opened === this.opened && !hasJumped) return;
    this.opened = opened;
    this.ask(objects, nowMs);
  }

  /** Asks on, farther back or once more. */
  ask(objects: readonly CurveObject[], nowMs: number): void {
    this.asking?.abort();
    const controller = new AbortController();
    this.asking = controller;
    void this.askAll(objects, nowMs, controller.signal).catch(() => {
      // It was given up: somebody looks at something else.
    });
  }

  /** Nobody looks any more. */
  close(): void {
    this.asking?.abort();
    this.asking = undefined;
    this.opened = "";
  }

  /** Takes in what the page sees of an object that is open. */
  observe(object: CurveObject, seen: unknown, nowMs: number): void {
    const day = this.day(object, nowMs);
    const { newestMs } = day;
    const isNext = newestMs !== undefined && nowMs > newestMs && nowMs - newestMs <= MISSED_MS;
    if (isNext) day.newestMs = nowMs;
    const point = pointOf(object.layer, seen);
    if (point === undefined || point.timeMs <= (day.points.at(-1)?.timeMs ?? 0)) return;
    day.add([point], dayStartMs(nowMs));
  }

  private day(object: CurveObject, nowMs: number): Day {
    const key = keyOf(object, dayStartMs(nowMs));
    const day = this.days.get(key) ?? new Day();
    // The last in the map is the one that was looked at last.
    this.days.delete(key);
    this.days.set(key, day);
    for (const old of this.days.keys()) {
      if (this.days.size <= CURVES_MAX) break;
      this.days.delete(old);
    }
    return day;
  }

  private async askAll(
    objects: readonly CurveObject[],
    nowMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    for (const object of objects) {
      const untilMs = this.monotonicMs() + BUDGET_MS / objects.length;
      await this.askDay(object, nowMs, untilMs, signal);
    }
  }

  private async askDay(
    object: CurveObject,
    nowMs: number,
    untilMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const day = this.day(object, nowMs);
    const dayMs = dayStartMs(nowMs);
    const { fields } = MAKERS[object.layer];
    const back = (way: Way, taken: (startMs: number) => void): Promise<Ending> =>
      goBack({
        ...way,
        ask: (startMs, endMs) =>
          askPart(this.get, seriesPath(object, fields, startMs, endMs), signal),
        took: (objects, startMs) => {
          taken(startMs);
          day.add(
            objects.map((one) => pointOf(object.layer, one)),
            dayMs,
          );
        },
      });
    day.miss(nowMs);
    if (day.gap === undefined && day.reachesBack) return;
    // From here on the page sees it; what is older is the gap or the tail, however this ends.
    day.newestMs = nowMs;
    day.say({ kind: "asking" });
    if (day.gap !== undefined) {
      const { fromMs } = day.gap;
      // To its end: a curve with a hole looks as if nothing had been seen then.
      const way = { ...day.gap, isPatient: () => true };
      const ending = await back(way, (startMs) => {
        day.gap = { fromMs, toMs: startMs - STEP_MS };
      });
      if (ending.kind === "refused") {
        day.say(ending);
        return;
      }
      day.gap = undefined;
    }
    if (!day.reachesBack) {
      const { oldestMs } = day;
      const toMs = oldestMs === undefined ? nowMs : oldestMs - STEP_MS;
      const isPatient = (): boolean => this.monotonicMs() < untilMs;
      day.tail = await back({ fromMs: dayMs, toMs, isPatient }, (startMs) => {
        day.oldestMs = startMs;
      });
    }
    day.say(day.tail);
  }
}
