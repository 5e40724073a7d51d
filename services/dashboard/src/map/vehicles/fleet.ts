/**
 * All vehicles as the graphics card needs them: one typed array an attribute, one place in it a
 * vehicle. Filled when the picture changes and not in between, because the card itself moves and
 * ages them (`glide.ts`). Pure.
 */

import { toPlane } from "./plane";
import type { Track } from "./tracks";

/** Numbers of a label: offset x y, place x y and size w h in the atlas, whether it is a mask. */
export const LABEL_NUMBERS = 7;
/** Room for this many vehicles at first. */
const FIRST_ROOM = 1_024;
const MS_PER_S = 1_000;
/** The bearing of a vehicle that does not tell it. */
const NO_BEARING = -1;

export interface Filling {
  tracks: { readonly size: number; all(): Iterable<Track> };
  /** The page's monotonic time and the server's. */
  nowMs: number;
  serverNowMs: number;
  selected: string | undefined;
  /** Red, green and blue, 0 to 255. */
  colour(track: Track): readonly [number, number, number];
  /** Where the text of a line is in the atlas; not given while no labels are drawn. */
  label?: ((line: string) => readonly number[] | undefined) | undefined;
}

export class Fleet {
  count = 0;
  /** Where the selected vehicle is in the arrays. */
  selectedAt: number | undefined;
  /** The times from which seconds are counted below: 32 bits are too coarse for those of clocks. */
  epochMs = 0;
  serverEpochMs = 0;
  /** x y of the newest fix, units of the plane. */
  places = new Float64Array(FIRST_ROOM * 2);
  /** Way back to where the glide began, x y in units of the plane; its start and duration, s. */
  glides = new Float32Array(FIRST_ROOM * 4);
  /** The server's time of the fix, s. */
  fixes = new Float32Array(FIRST_ROOM);
  /** Degrees clockwise from north; negative when it is not known. */
  bearings = new Float32Array(FIRST_ROOM);
  /** Red, green, blue and opacity. */
  colours = new Uint8Array(FIRST_ROOM * 4);
  labels = new Float32Array(FIRST_ROOM * LABEL_NUMBERS);
  private room = FIRST_ROOM;

  fill(filling: Filling): void {
    this.makeRoom(filling.tracks.size);
    this.epochMs = filling.nowMs;
    this.serverEpochMs = filling.serverNowMs;
    this.count = 0;
    this.selectedAt = undefined;
    for (const track of filling.tracks.all()) {
      if (track.vehicle.id === filling.selected) this.selectedAt = this.count;
      this.put(this.count, track, filling);
      this.count += 1;
    }
  }

  private put(at: number, track: Track, { colour, label }: Filling): void {
    const { report } = track.vehicle;
    const [toX, toY] = toPlane(track.to);
    const [fromX, fromY] = toPlane(track.from);
    this.places[at * 2] = toX;
    this.places[at * 2 + 1] = toY;
    this.glides[at * 4] = fromX - toX;
    this.glides[at * 4 + 1] = fromY - toY;
    this.glides[at * 4 + 2] = (track.startMs - this.epochMs) / MS_PER_S;
    this.glides[at * 4 + 3] = track.durationMs / MS_PER_S;
    this.fixes[at] = (track.fixMs - this.serverEpochMs) / MS_PER_S;
    this.bearings[at] = report.bearing_deg ?? NO_BEARING;
    const [red, green, blue] = colour(track);
    this.colours[at * 4] = red;
    this.colours[at * 4 + 1] = green;
    this.colours[at * 4 + 2] = blue;
    this.colours[at * 4 + 3] = 255;
    if (label === undefined) return;
    const { route_short_name } = report;
    const cell = route_short_name ? label(route_short_name) : undefined;
    if (cell !== undefined) this.labels.set(cell, at * LABEL_NUMBERS);
    else this.labels.fill(0, at * LABEL_NUMBERS, (at + 1) * LABEL_NUMBERS);
  }

  /** Larger arrays when needed; what they held is filled anew anyway. */
  private makeRoom(vehicles: number): void {
    if (vehicles <= this.room) return;
    while (this.room < vehicles) this.room *= 2;
    this.places = new Float64Array(this.room * 2);
    this.glides = new Float32Array(this.room * 4);
    this.fixes = new Float32Array(this.room);
    this.bearings = new Float32Array(this.room);
    this.colours = new Uint8Array(this.room * 4);
    this.labels = new Float32Array(this.room * LABEL_NUMBERS);
  }
}
