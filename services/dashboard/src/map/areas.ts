/**
 * Cells of the grid, filled by the share of free-flow speed in them or by what their traffic emits,
 * fainter where less of their streets is seen, and the boundary of a selected area of any kind.
 */

import type { Area, Changes, Emission, Picture, Position } from "tilanne-client";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Measure } from "../emission/measures";
import {
  breaks,
  cellDensity,
  emissionWindow,
  isUncertain,
  knownShare,
  stepOf,
} from "../emission/measures";
import { boundaryBox, isCell } from "./boundaries";
import { centre } from "./geography";
import type { MapLayer, Selection, StreetScale } from "./layer";
import { measureOf } from "./layer";
import { UNCERTAIN_OPACITY, colourOf } from "./links";
import { LIGHT } from "./palette";
import type { Palette } from "./palette";
import type { Point } from "./shapes";
import { collection, coordinates, idAt, showStyleLayers } from "./shapes";
import { LINK_STALE_AFTER_MS, areaShare, seenShare } from "./streets";

const CELLS = "area-cells";
const CHOSEN = "area-chosen";
/** Opacity of a cell all of whose streets are seen; one that is hardly seen keeps some. */
const OPACITY = 0.45;
const OPACITY_MIN = 0.1;

/** How strongly an area is filled; `undefined` when there is nothing to say of it. */
export function cellOpacity(area: Area, nowMs: number): number | undefined {
  const old = nowMs - area.event_time_ms > LINK_STALE_AFTER_MS;
  const seen = seenShare(area);
  if (old || seen <= 0 || areaShare(area) === undefined) return undefined;
  return OPACITY_MIN + (OPACITY - OPACITY_MIN) * Math.min(1, seen);
}

/** Opacity of a cell of emission: stronger, as it takes the place of the streets. */
const EMISSION_OPACITY = 0.75;
const EMISSION_OPACITY_MIN = 0.3;

/** How an area is filled by its emission; `undefined` when there is nothing to say of it. */
export function emissionFill(
  cell: Emission,
  measure: Measure,
  nowMs: number,
): { step: number; opacity: number } | undefined {
  const density = cellDensity(cell, measure);
  const old = nowMs - emissionWindow(cell).end_time_ms > LINK_STALE_AFTER_MS;
  const known = knownShare(cell);
  if (density === undefined || old || known <= 0) return undefined;
  const full = EMISSION_OPACITY_MIN + (EMISSION_OPACITY - EMISSION_OPACITY_MIN) * known;
  return {
    step: stepOf(density, breaks(measure, "cell")),
    opacity: isUncertain(cell, measure) ? full * UNCERTAIN_OPACITY : full,
  };
}

/** From this zoom on streets show an emission; further out they are too thin, and cells do. */
export const EMISSION_STREETS_FROM_ZOOM = 12;

/** Of an area there is no level of service: by traffic, it is filled by the share of free flow. */
export function fillScale(scale: StreetScale): StreetScale {
  return measureOf(scale) ?? "share";
}

export class AreaLayer implements MapLayer {
  readonly layer = "areas";
  readonly marksSelection = true;
  private map: MapLibre | undefined;
  private picture: Picture | undefined;
  private palette: Palette = LIGHT;
  private visible = false;
  private scale: StreetScale = "level";
  private selected: string | undefined;
  private drawn = "";
  private drawnChoice: unknown;

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.palette = palette;
    this.drawn = "";
    this.drawnChoice = undefined;
    map.addSource(CELLS, { type: "geojson", data: collection([]) });
    map.addSource(CHOSEN, { type: "geojson", data: collection([]) });
    map.addLayer({
      id: CELLS,
      type: "fill",
      source: CELLS,
      paint: {
        "fill-color": colourOf(palette, fillScale(this.scale)),
        "fill-opacity": ["get", "opacity"],
        "fill-outline-color": palette.background,
      },
    });
    map.addLayer({
      id: CHOSEN,
      type: "line",
      source: CHOSEN,
      layout: { "line-join": "round" },
      paint: { "line-color": palette.selection, "line-width": 2.5 },
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const touched = [changes.updated, changes.removed].some(
      ({ areas, area_emissions }) => areas.length + area_emissions.length > 0,
    );
    if (changes.reset || touched) this.tick(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    this.picture = picture;
    this.drawChoice();
    if (this.visible) this.draw(picture, nowMs);
  }

  show(visible: boolean): void {
    this.visible = visible;
    showStyleLayers(this.map, [CELLS], visible);
  }

  colourBy(scale: StreetScale): void {
    this.scale = scale;
    this.drawn = "";
    if (this.map?.getLayer(CELLS) === undefined) return;
    this.map.setPaintProperty(CELLS, "fill-color", colourOf(this.palette, fillScale(scale)));
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "areas" ? selection.id : undefined;
    this.drawChoice();
  }

  pick(): Selection | undefined {
    return undefined;
  }

  pickGround(point: Point): Selection | undefined {
    const id = this.visible ? idAt(this.map, point, [CELLS]) : undefined;
    return id === undefined ? undefined : { layer: "areas", id };
  }

  position(id: string): Position | undefined {
    const area = this.picture?.layer("areas").get(id);
    if (area === undefined || area.boundary.length === 0) return undefined;
    const [longitude_deg, latitude_deg] = centre(boundaryBox(area));
    return { longitude_deg, latitude_deg };
  }

  /** Whether cells are drawn. */
  get isShown(): boolean {
    return this.visible;
  }

  private drawChoice(): void {
    const area = this.picture?.layer("areas").get(this.selected ?? "");
    const source = this.map?.getSource<GeoJSONSource>(CHOSEN);
    if (source === undefined || this.drawnChoice === (area?.id ?? "")) return;
    this.drawnChoice = area?.id ?? "";
    source.setData(collection(area === undefined ? [] : ringShape(area.boundary, {})));
  }

  private draw(picture: Picture, nowMs: number): void {
    const source = this.map?.getSource<GeoJSONSource>(CELLS);
    if (source === undefined) return;
    const measure = measureOf(this.scale);
    const cells =
      measure === undefined ? speeds(picture, nowMs) : emissions(picture, measure, nowMs);
    const look = cells
      .map(({ id, time_ms, fill }) => `${id} ${time_ms} ${fill?.opacity ?? ""}`)
      .join("\n");
    if (`${this.scale} ${look}` === this.drawn) return;
    this.drawn = `${this.scale} ${look}`;
    const features = cells.flatMap(({ id, ring, fill }) =>
      fill === undefined ? [] : ringShape(ring, { id, ...fill }),
    );
    source.setData(collection(features));
  }
}

/** A cell and how to fill it, if at all. */
interface Cell {
  id: string;
  time_ms: number;
  ring: readonly Position[];
  fill: { opacity: number; share?: number; step?: number } | undefined;
}

function speeds(picture: Picture, nowMs: number): Cell[] {
  const cells = [...picture.layer("areas").values()].filter(isCell);
  return cells.map((cell) => {
    const opacity = cellOpacity(cell, nowMs);
    const fill = opacity === undefined ? undefined : { opacity, share: areaShare(cell) ?? 1 };
    return { id: cell.id, time_ms: cell.event_time_ms, ring: cell.boundary, fill };
  });
}

function emissions(picture: Picture, measure: Measure, nowMs: number): Cell[] {
  const cells = [...picture.layer("area_emissions").values()].filter(isCell);
  return cells.map((cell) => ({
    id: cell.id,
    time_ms: cell.event_time_ms,
    ring: cell.line,
    fill: emissionFill(cell, measure, nowMs),
  }));
}

/** What a closed ring encloses. */
export function ringShape(
  ring: readonly Position[],
  properties: Record<string, unknown>,
): GeoJSON.Feature[] {
  if (ring.length < 4) return [];
  const geometry: GeoJSON.Polygon = { type: "Polygon", coordinates: [coordinates(ring)] };
  return [{ type: "Feature", properties, geometry }];
}
