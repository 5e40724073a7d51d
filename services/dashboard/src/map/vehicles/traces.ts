/**
 * The ways that vehicles have driven while this page was open, as thin lines: without any base map
 * the city's streets appear by themselves, and only where something was really seen to drive.
 */

import type { MercatorPoint } from "../geography";

/** Segments kept; the oldest go first. 1 MB, some twenty minutes of a thousand vehicles moving. */
export const MAX_SEGMENTS = 65_536;
/** Numbers in a segment: two ends of x and y. */
export const SEGMENT_FLOATS = 4;

/** A ring of segments relative to an origin, because 32 bits are too coarse for the whole world. */
export class Traces {
  readonly floats = new Float32Array(MAX_SEGMENTS * SEGMENT_FLOATS);
  count = 0;
  /** Grows with each change, so that the graphics card is sent the segments only when needed. */
  revision = 0;
  private next = 0;

  add(from: MercatorPoint, to: MercatorPoint, origin: MercatorPoint): void {
    const { x, y } = origin;
    const segment = [from.x - x, from.y - y, to.x - x, to.y - y];
    this.floats.set(segment, this.next * SEGMENT_FLOATS);
    this.next = (this.next + 1) % MAX_SEGMENTS;
    this.count = Math.min(this.count + 1, MAX_SEGMENTS);
    this.revision += 1;
  }

  clear(): void {
    this.count = 0;
    this.next = 0;
    this.revision += 1;
  }
}
