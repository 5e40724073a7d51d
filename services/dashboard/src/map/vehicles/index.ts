/**
 * The vehicles: where each is, which of them is pointed at, and by what they are coloured. They are
 * drawn by `overlay.ts`, which is loaded once there is a map: the first page comes without it.
 */

import type { Changes, Picture, Position } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import { lengthM, toMercator } from "../geography";
import type { MessageKey } from "../../i18n";
import { loaded } from "../../lazy";
import type { MapLayer, Selection, VehicleScale } from "../layer";
import { DARK, MODES } from "../palette";
import type { Palette } from "../palette";
import { rgb } from "./look";
import type { VehicleOverlay, VehicleScene } from "./overlay";
import { WORLD_UNITS } from "./plane";
import { punctualityColours, punctualityOf } from "./punctuality";
import { Traces } from "./traces";
import type { Track } from "./tracks";
import { Tracks, pointAt } from "./tracks";

export { STALE_AFTER_MS, radiusPx, staleness } from "./look";

/** A finger or a mouse hits a vehicle this near, CSS pixels. */
const PICK_RADIUS_PX = 14;
/** Between fixes further apart the way is not known well enough to be drawn as driven. */
const LONGEST_TRACE_M = 250;

export class VehicleLayer implements MapLayer {
  readonly layer = "vehicles";
  readonly marksSelection = true;

  private readonly tracks: Tracks;
  private readonly traces = new Traces();
  private region: string | undefined;
  private map: MapLibre | undefined;
  private overlay: VehicleOverlay | undefined;
  private palette: Palette = DARK;
  private scale: VehicleScale = "mode";
  private visible = true;
  private selected: string | undefined;
  private serverOffsetMs = 0;
  private missing = false;

  /**
   * @param monotonicMs the page's timer
   * @param glides whether movement is wanted
   */
  constructor(
    private readonly monotonicMs: () => number,
    glides: () => boolean,
  ) {
    this.tracks = new Tracks(glides);
  }

  install(map: MapLibre, palette: Palette): void {
    this.palette = palette;
    this.overlay?.restyled();
    if (this.map === map) return;
    this.map = map;
    map.once("remove", () => {
      this.map = undefined;
      this.overlay?.remove();
      this.overlay = undefined;
    });
    void this.load(map);
  }

  get remark(): MessageKey | undefined {
    return this.missing ? "vehicles.not_loaded" : undefined;
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const now = this.monotonicMs();
    this.startRegion(picture.region);
    this.serverOffsetMs = nowMs - now;
    if (changes.reset) {
      this.tracks.clear();
      this.traces.clear();
    }
    for (const { id } of changes.removed.vehicles) this.tracks.remove(id);
    for (const vehicle of changes.updated.vehicles) {
      const glide = this.tracks.place(vehicle, now);
      if (glide !== undefined) this.trace(glide);
    }
    this.overlay?.changed();
  }

  tick(_picture: Picture, nowMs: number): void {
    this.serverOffsetMs = nowMs - this.monotonicMs();
    this.overlay?.paint();
  }

  show(visible: boolean): void {
    this.visible = visible;
    this.overlay?.changed();
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "vehicles" ? selection.id : undefined;
    this.overlay?.changed();
  }

  paintBy(scale: VehicleScale): void {
    this.scale = scale;
    this.overlay?.changed();
  }

  pick(point: { x: number; y: number }): Selection | undefined {
    const { map } = this;
    if (map === undefined || !this.visible) return undefined;
    const now = this.monotonicMs();
    const { lng, lat } = map.unproject([point.x, point.y]);
    const hit = toMercator({ longitude_deg: lng, latitude_deg: lat });
    let nearest: string | undefined;
    // The map is never turned or tilted, so distances on screen and on the Mercator plane agree.
    let nearestDistance = PICK_RADIUS_PX / (WORLD_UNITS * 2 ** map.getZoom());
    for (const track of this.tracks.all()) {
      const { x, y } = pointAt(track, now);
      const distance = Math.hypot(x - hit.x, y - hit.y);
      if (distance < nearestDistance) {
        nearestDistance = distance;
        nearest = track.vehicle.id;
      }
    }
    return nearest === undefined ? undefined : { layer: "vehicles", id: nearest };
  }

  position(id: string): Position | undefined {
    return this.tracks.position(id, this.monotonicMs());
  }

  /** What the overlay draws, as it is at the moment of asking. */
  private scene(): VehicleScene {
    const layer = this;
    return {
      tracks: layer.tracks,
      traces: layer.traces,
      get palette() {
        return layer.palette;
      },
      get visible() {
        return layer.visible;
      },
      get selected() {
        return layer.selected;
      },
      get colour() {
        return layer.colours();
      },
      nowMs: () => layer.monotonicMs(),
      serverNowMs: () => layer.monotonicMs() + layer.serverOffsetMs,
      moving: () => layer.tracks.moving(layer.monotonicMs()),
    };
  }

  /** Gives each vehicle the colour that it has on the chosen scale. */
  private colours(): VehicleScene["colour"] {
    if (this.scale === "punctuality") {
      const colours = punctualityColours(this.palette === DARK);
      const early = rgb(colours.early);
      const byClass = {
        early,
        on_time: rgb(colours.on_time),
        late: rgb(colours.late),
        very_late: rgb(colours.very_late),
        unknown: rgb(colours.unknown),
      };
      return ({ vehicle }) => byClass[punctualityOf(vehicle.report.delay_s)];
    }
    const byMode = MODES.map((mode) => rgb(this.palette.mode[mode]));
    const other = rgb(this.palette.mode.unspecified);
    return ({ mode }) => byMode[mode] ?? other;
  }

  /** Without what draws them there are no vehicles: that is said, and tried again. */
  private async load(map: MapLibre): Promise<void> {
    const drawing = await loaded(
      () => import("./overlay"),
      () => this.map === map,
      (missing) => {
        this.missing = missing;
      },
    );
    if (drawing !== undefined) this.overlay = new drawing.VehicleOverlay(map, this.scene());
  }

  /** Another region: the lines of the old one go. */
  private startRegion(region: string | undefined): void {
    if (this.region === region) return;
    this.region = region;
    this.traces.clear();
  }

  private trace({ from, to }: Track): void {
    if (lengthM(from, to) <= LONGEST_TRACE_M) this.traces.add(from, to);
  }
}
