/**
 * The ways that vehicles have driven while this page was open, as thin lines: without any base map
 * the city's streets appear by themselves, and only where something was really seen to drive.
 */

import type { MercatorPoint } from "../geography";
import { toPlane } from "./plane";

/**
 * Segments that go to the graphics card together: only the newest such part is sent again, while each part
 * costs every frame a call to draw it.
 */
export const PART_SEGMENTS = 16_384;
/** Parts kept; the oldest goes first. */
export const MAX_PARTS = 5;

/** Numbers of a segment: x and y of two ends. */
export const SEGMENT_NUMBERS = 4;

export interface TracePart {
  /** Its number since the page was opened: a name that no other part has. */
  readonly number: number;
  /** x and y of each segment's two ends, units of the plane. */
  readonly ends: Float64Array;
  /** Segments that there are yet. */
  count: number;
}

export class Traces {
  readonly parts: TracePart[] = [];
  private nextNumber = 0;

  add(from: MercatorPoint, to: MercatorPoint): void {
    const part = this.open();
    part.ends.set([...toPlane(from), ...toPlane(to)], part.count * SEGMENT_NUMBERS);
    part.count += 1;
  }

  clear(): void {
    this.parts.length = 0;
  }

  /** The part that has room for one more segment. */
  private open(): TracePart {
    const last = this.parts.at(-1);
    if (last !== undefined && last.count < PART_SEGMENTS) return last;
    const ends = new Float64Array(PART_SEGMENTS * SEGMENT_NUMBERS);
    const part = { number: this.nextNumber, ends, count: 0 };
    this.nextNumber += 1;
    this.parts.push(part);
    if (this.parts.length > MAX_PARTS) this.parts.shift();
    return part;
  }
}
