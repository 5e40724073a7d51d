/**
 * What areas emitted, minute by minute, since the page was opened. Nobody else keeps it: the server
 * has the newest minute and totals. Pure, and bounded: a day of minutes of some areas.
 */

import type { Emission, Estimate } from "tilanne-client";
import type { Measure } from "./measures";
import { MEASURES, measureIn } from "./measures";

const MINUTE_MS = 60_000;
/** Minutes kept of an area: a day. */
export const MINUTES = 24 * 60;
/** Areas kept; each takes 90 kB. The regions and cities of the country, and some districts. */
export const MAX_AREAS = 64;
/** These always have room. */
const LARGE: readonly string[] = ["region", "city"];
const CELL = "cell";
/** Numbers of a minute: value, low and high of each measure. */
const VALUES = MEASURES.length * 3;

/** A minute of a time line. */
export interface Moment extends Estimate {
  /** End of the minute. */
  timeMs: number;
}

/** Minutes of one area; the newest overwrite those a day older. */
class Minutes {
  /** Number of the minute since 1970 at each place. */
  private readonly numbers = new Float64Array(MINUTES);
  private readonly values = new Float32Array(MINUTES * VALUES);

  set(number: number, values: readonly number[]): void {
    const place = number % MINUTES;
    this.numbers[place] = number;
    this.values.set(values, place * VALUES);
  }

  /** Oldest first, without what came after a moment. */
  of(measure: Measure, untilMs: number): Moment[] {
    const offset = MEASURES.indexOf(measure) * 3;
    const last = Math.floor(untilMs / MINUTE_MS);
    const newest = this.numbers.reduce((a, b) => (b > last ? a : Math.max(a, b)), 0);
    const moments: Moment[] = [];
    for (let number = newest - MINUTES + 1; number <= newest; number += 1) {
      if (number <= 0 || this.numbers[number % MINUTES] !== number) continue;
      const at = (number % MINUTES) * VALUES + offset;
      const [value = Number.NaN, low = value, high = value] = this.values.subarray(at, at + 3);
      if (Number.isFinite(value)) moments.push({ timeMs: number * MINUTE_MS, value, low, high });
    }
    return moments;
  }
}

export class Timelines {
  private readonly areas = new Map<string, { kind: string; minutes: Minutes }>();

  get size(): number {
    return this.areas.size;
  }

  clear(): void {
    this.areas.clear();
  }

  /**
   * Minutes that were seen of an area, oldest first; those that were not are left out.
   *
   * @param untilMs the moment that is shown: who steps back in a replay has seen later ones
   */
  of(area: string, measure: Measure, untilMs: number): Moment[] {
    return this.areas.get(area)?.minutes.of(measure, untilMs) ?? [];
  }

  /**
   * Takes in the newest minute of an area.
   *
   * @param chosen the area that the reader looks at: of cells only that one is kept
   */
  observe(emission: Emission, chosen: string | undefined): void {
    const { id, minute } = emission;
    if (minute.end_time_ms <= 0) return;
    const minutes = this.areas.get(id)?.minutes ?? this.start(emission, id === chosen);
    const values = MEASURES.flatMap((measure) => {
      const of = measureIn(emission, measure, minute);
      return of === undefined ? [Number.NaN, Number.NaN, Number.NaN] : [of.value, of.low, of.high];
    });
    minutes?.set(Math.round(minute.end_time_ms / MINUTE_MS), values);
  }

  private start({ id, kind }: Emission, chosen: boolean): Minutes | undefined {
    const large = LARGE.includes(kind ?? "");
    if (kind === CELL && !chosen) return undefined;
    if (this.areas.size >= MAX_AREAS) {
      if (!large && !chosen) return undefined;
      const small = [...this.areas].find(([, area]) => !LARGE.includes(area.kind));
      const [oldest] = this.areas.keys();
      this.areas.delete(small?.[0] ?? oldest ?? "");
    }
    const minutes = new Minutes();
    this.areas.set(id, { kind: kind ?? "", minutes });
    return minutes;
  }
}
