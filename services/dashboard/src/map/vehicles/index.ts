/**
 * The vehicles: a MapLibre custom layer. Places between fixes are computed here in doubles each
 * frame and sent as one instance a vehicle, so thousands cost little; what is outside the view is
 * left out.
 */

import type { Changes, Picture, Position } from "tilanne-client";
import type { CustomLayerInterface, CustomRenderMethodInput, Map as MapLibre } from "maplibre-gl";
import type { MercatorPoint } from "../geography";
import { centre, lengthM, toMercator } from "../geography";
import type { MapLayer, Selection } from "../layer";
import { DARK } from "../palette";
import type { Palette } from "../palette";
import { LabelBatch, Labels } from "./labels";
import { TraceLines } from "./lines";
import { relativeTo } from "./program";
import { SymbolBatch, Symbols } from "./symbols";
import { Traces } from "./traces";
import type { Track } from "./tracks";
import { Tracks, pointAt } from "./tracks";

/** A position older than this must not look live. */
export const STALE_AFTER_MS = 60_000;
/** A vehicle turns grey over this long, up to the moment at which it is stale. */
const FADE_MS = 15_000;
/** Frames a second while vehicles glide: smooth, and light without a graphics card. */
const FRAMES_PER_S = 15;
/** A finger or a mouse hits a vehicle this near, CSS pixels. */
const PICK_RADIUS_PX = 14;
/** Vehicles this far outside the edge are drawn, share of the view: their symbols reach in. */
const VIEW_MARGIN = 0.02;
/** The world at zoom 0 is this wide in MapLibre, CSS pixels. */
const TILE_PX = 512;
/** Between fixes further apart the way is not known well enough to be drawn as driven. */
const LONGEST_TRACE_M = 250;
/** A label begins this far from the middle of its symbol, radii of the symbol. */
const LABEL_GAP_RADII = 1.9;
/** From here on there is room for the line beside each vehicle. */
const LABELS_FROM_ZOOM = 13;
const LAYER_ID = "vehicles";

/** From 0 (fresh) to 1 (stale), by the age of the position. */
export function staleness(ageMs: number): number {
  return Math.min(1, Math.max(0, (ageMs - (STALE_AFTER_MS - FADE_MS)) / FADE_MS));
}

/**
 * Radius of a symbol's body in CSS pixels: about as wide as a main street is drawn, so that the
 * street's colour is seen beside it; larger only where streets are too.
 */
export function radiusPx(zoom: number): number {
  const small = 2.4 + (zoom - 9.5) * 0.45;
  return Math.min(9, Math.max(2.4, small + Math.max(0, zoom - 14.5) * 1.6));
}

export class VehicleLayer implements MapLayer {
  readonly layer = "vehicles";
  readonly marksSelection = true;

  private readonly tracks: Tracks;
  private readonly traces = new Traces();
  private readonly batch = new SymbolBatch();
  private readonly labelBatch = new LabelBatch();
  private region: string | undefined;
  private origin: MercatorPoint | undefined;
  private map: MapLibre | undefined;
  private palette: Palette = DARK;
  private symbols: Symbols | undefined;
  private labels: Labels | undefined;
  private lines: TraceLines | undefined;
  private visible = true;
  private selected: string | undefined;
  private serverOffsetMs = 0;
  private framePlanned = false;

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
    this.map = map;
    this.palette = palette;
    map.addLayer(this.customLayer());
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const now = this.monotonicMs();
    this.startRegion(picture.region);
    this.serverOffsetMs = nowMs - now;
    if (changes.reset) this.tracks.clear();
    for (const { id } of changes.removed.vehicles) this.tracks.remove(id);
    for (const vehicle of changes.updated.vehicles) {
      const glide = this.tracks.place(vehicle, now);
      if (glide !== undefined) this.trace(glide);
    }
    this.repaint();
  }

  tick(_picture: Picture, nowMs: number): void {
    this.serverOffsetMs = nowMs - this.monotonicMs();
    this.map?.triggerRepaint();
  }

  show(visible: boolean): void {
    this.visible = visible;
    if (this.map?.getLayer(LAYER_ID) === undefined) return;
    this.map.setLayoutProperty(LAYER_ID, "visibility", visible ? "visible" : "none");
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "vehicles" ? selection.id : undefined;
    this.map?.triggerRepaint();
  }

  pick(point: { x: number; y: number }): Selection | undefined {
    const { map } = this;
    if (map === undefined || !this.visible) return undefined;
    const now = this.monotonicMs();
    const { lng, lat } = map.unproject([point.x, point.y]);
    const hit = toMercator({ longitude_deg: lng, latitude_deg: lat });
    let nearest: string | undefined;
    // The map is never turned or tilted, so distances on screen and on the Mercator plane agree.
    let nearestDistance = PICK_RADIUS_PX / (TILE_PX * 2 ** map.getZoom());
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

  /** Another region: an origin near it is chosen anew, and the lines of the old one go. */
  private startRegion(region: string | undefined): void {
    if (this.region === region) return;
    this.region = region;
    this.origin = undefined;
    this.traces.clear();
  }

  private trace(glide: Track): void {
    const { origin } = this;
    if (origin === undefined || lengthM(glide.from, glide.to) > LONGEST_TRACE_M) return;
    this.traces.add(glide.from, glide.to, origin);
  }

  private customLayer(): CustomLayerInterface {
    return {
      id: LAYER_ID,
      type: "custom",
      onAdd: (_map, gl) => {
        this.lines = new TraceLines(gl, this.palette.trace);
        this.symbols = new Symbols(gl, this.palette);
        this.labels = new Labels(gl, this.palette);
      },
      onRemove: () => {
        this.symbols?.dispose();
        this.lines?.dispose();
        this.labels?.dispose();
        this.symbols = this.lines = this.labels = undefined;
      },
      render: (_gl, frame) => this.draw(frame),
    };
  }

  private draw(frame: CustomRenderMethodInput): void {
    const { map } = this;
    if (map === undefined) return;
    const [longitude_deg, latitude_deg] = centre(viewBox(map, 0));
    this.origin ??= toMercator({ longitude_deg, latitude_deg });
    const matrix = relativeTo(frame.defaultProjectionData.mainMatrix, this.origin.x, this.origin.y);
    this.lines?.draw(this.traces, matrix);
    this.collect(map, this.origin);
    const ratio = map.getPixelRatio();
    const radius = radiusPx(map.getZoom());
    this.symbols?.draw(this.batch, matrix, radius * ratio);
    this.labels?.draw(this.labelBatch, matrix, radius * LABEL_GAP_RADII, ratio);
    if (this.tracks.moving(this.monotonicMs())) this.repaint();
  }

  /** Puts what is in view into the batch; the selected vehicle last, so that it lies on top. */
  private collect(map: MapLibre, origin: MercatorPoint): void {
    const now = this.monotonicMs();
    const serverNow = now + this.serverOffsetMs;
    const box = viewBox(map, VIEW_MARGIN);
    const northWest = toMercator({ longitude_deg: box[0], latitude_deg: box[3] });
    const southEast = toMercator({ longitude_deg: box[2], latitude_deg: box[1] });
    this.batch.clear();
    this.labelBatch.clear();
    const labels = map.getZoom() >= LABELS_FROM_ZOOM ? this.labels : undefined;
    const add = (track: Track, selected: number): void => {
      const { x, y } = pointAt(track, now);
      if (x < northWest.x || x > southEast.x || y < northWest.y || y > southEast.y) return;
      const { bearing_deg, route_short_name } = track.vehicle.report;
      const old = staleness(serverNow - track.fixMs);
      const [dx, dy] = [x - origin.x, y - origin.y];
      this.batch.add(dx, dy, bearing_deg ?? -1, track.mode, old, selected);
      const cell = route_short_name ? labels?.cell(route_short_name) : undefined;
      if (cell !== undefined) this.labelBatch.add(dx, dy, cell, old);
    };
    for (const track of this.tracks.all()) add(track, 0);
    const selected = this.selected === undefined ? undefined : this.tracks.get(this.selected);
    if (selected !== undefined) add(selected, 1);
  }

  /** Asks for one more frame, at most so many a second. */
  private repaint(): void {
    if (this.framePlanned || !this.visible) return;
    this.framePlanned = true;
    setTimeout(() => {
      this.framePlanned = false;
      this.map?.triggerRepaint();
    }, 1000 / FRAMES_PER_S);
  }
}

/** What the map shows, larger by a share on each side. */
function viewBox(map: MapLibre, margin: number): [number, number, number, number] {
  const bounds = map.getBounds();
  const [west, south] = [bounds.getWest(), bounds.getSouth()];
  const [east, north] = [bounds.getEast(), bounds.getNorth()];
  const [width, height] = [(east - west) * margin, (north - south) * margin];
  return [west - width, south - height, east + width, north + height];
}
