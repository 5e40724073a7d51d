/**
 * Where each vehicle is drawn between two fixes. A vehicle glides from where it is drawn to its
 * newest fix, in the time that lay between the last two fixes, and then stands until the next one:
 * it is never drawn further than what is known. Pure; time comes in.
 */

import type { Position } from "tilanne-client";
import type { ShownVehicle } from "../../stream/vehicle_fields";
import type { MercatorPoint } from "../geography";
import { fromMercator, lengthM, toMercator } from "../geography";
import { MODES, known } from "../palette";

/** A slower glide would show a place too old to be useful. */
export const LONGEST_GLIDE_MS = 10_000;
/** Further than this is no drive between two fixes; the vehicle appears there at once. */
export const LONGEST_GLIDE_M = 1_500;

export interface Track {
  vehicle: ShownVehicle;
  from: MercatorPoint;
  to: MercatorPoint;
  startMs: number;
  durationMs: number;
  /** Server's time of the fix that is shown. */
  fixMs: number;
  /** Place of its mode in `MODES`, looked up once a report and not once a frame. */
  mode: number;
}

/** The time of the fix that a vehicle is shown at; one that does not tell it is of long ago. */
export function fixTimeMs({ position_time_ms }: ShownVehicle): number {
  return position_time_ms ?? 0;
}

function modeOf({ report }: ShownVehicle): number {
  return MODES.indexOf(known(MODES, report.mode));
}

export class Tracks {
  private readonly tracks = new Map<string, Track>();
  private lastGlideEndsMs = 0;

  /** @param glides whether movement is wanted at all (`prefers-reduced-motion`) */
  constructor(private readonly glides: () => boolean) {}

  get size(): number {
    return this.tracks.size;
  }

  all(): IterableIterator<Track> {
    return this.tracks.values();
  }

  get(id: string): Track | undefined {
    return this.tracks.get(id);
  }

  /**
   * Takes in a vehicle as best known. Returns the way that it will glide, when it does.
   *
   * @param nowMs time of the page's monotonic timer
   */
  place(vehicle: ShownVehicle, nowMs: number): Track | undefined {
    const position = vehicle.report.position;
    const before = this.tracks.get(vehicle.id);
    if (position === null || position === undefined) {
      // Its last believed place, if there is one, grows old in view; it is not moved.
      if (before !== undefined) before.vehicle = vehicle;
      return undefined;
    }
    const to = toMercator(position);
    const fixMs = fixTimeMs(vehicle);
    if (before === undefined) {
      const place = { from: to, to, startMs: nowMs, durationMs: 0, fixMs };
      this.tracks.set(vehicle.id, { vehicle, mode: modeOf(vehicle), ...place });
      return undefined;
    }
    const intervalMs = fixMs - before.fixMs;
    before.vehicle = vehicle;
    before.mode = modeOf(vehicle);
    before.fixMs = fixMs;
    if (before.to.x === to.x && before.to.y === to.y) return undefined;
    const here = pointAt(before, nowMs);
    const metres = lengthM(here, to);
    const drives = intervalMs > 0 && metres <= LONGEST_GLIDE_M && this.glides();
    before.from = drives ? here : to;
    before.to = to;
    before.startMs = nowMs;
    before.durationMs = drives ? Math.min(intervalMs, LONGEST_GLIDE_MS) : 0;
    this.lastGlideEndsMs = Math.max(this.lastGlideEndsMs, nowMs + before.durationMs);
    return drives ? before : undefined;
  }

  remove(id: string): void {
    this.tracks.delete(id);
  }

  clear(): void {
    this.tracks.clear();
  }

  /** Whether anything still glides, so that a next frame is needed. */
  moving(nowMs: number): boolean {
    return nowMs < this.lastGlideEndsMs;
  }

  /** Where a vehicle is drawn at this moment. */
  position(id: string, nowMs: number): Position | undefined {
    const track = this.tracks.get(id);
    return track === undefined ? undefined : fromMercator(pointAt(track, nowMs));
  }
}

/** Where a track is at a moment: between its ends, never past them. */
export function pointAt({ from, to, startMs, durationMs }: Track, nowMs: number): MercatorPoint {
  if (durationMs <= 0) return to;
  const share = Math.min(1, Math.max(0, (nowMs - startMs) / durationMs));
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
