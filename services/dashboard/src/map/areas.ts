/**
 * Areas: cells filled by the share of free-flow speed in them, fainter where less of their streets
 * is seen, and the boundary of a selected area of any kind.
 */

import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Area, Position } from "../stream/model";
import type { Changes, Picture } from "../stream/picture";
import type { MapLayer, Selection } from "./layer";
import { collection, coordinates, streetColour } from "./links";
import type { Palette } from "./palette";
import { LINK_STALE_AFTER_MS, areaShare, middle, seenShare } from "./streets";

const CELLS = "area-cells";
const CHOSEN = "area-chosen";
/** Opacity of a cell all of whose streets are seen; one that is hardly seen keeps some. */
const OPACITY = 0.45;
const OPACITY_MIN = 0.1;

/** How strongly a cell is filled; `undefined` when there is nothing to say of it. */
export function cellOpacity(area: Area, nowMs: number): number | undefined {
  const old = nowMs - area.event_time_ms > LINK_STALE_AFTER_MS;
  const seen = seenShare(area);
  if (old || seen <= 0 || areaShare(area) === undefined) return undefined;
  return OPACITY_MIN + (OPACITY - OPACITY_MIN) * Math.min(1, seen);
}

export class AreaLayer implements MapLayer {
  readonly layer = "areas";
  readonly marksSelection = true;
  private map: MapLibre | undefined;
  private picture: Picture | undefined;
  private visible = false;
  private selected: string | undefined;
  private drawn = "";
  private drawnChoice: unknown;

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.drawn = "";
    this.drawnChoice = undefined;
    map.addSource(CELLS, { type: "geojson", data: collection([]) });
    map.addSource(CHOSEN, { type: "geojson", data: collection([]) });
    map.addLayer({
      id: CELLS,
      type: "fill",
      source: CELLS,
      paint: {
        "fill-color": streetColour(palette, "share"),
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
    const touched = changes.updated.areas.length + changes.removed.areas.length;
    if (changes.reset || touched > 0) this.tick(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    this.picture = picture;
    this.drawChoice();
    if (this.visible) this.draw(picture, nowMs);
  }

  show(visible: boolean): void {
    this.visible = visible;
    if (this.map?.getLayer(CELLS) === undefined) return;
    this.map.setLayoutProperty(CELLS, "visibility", visible ? "visible" : "none");
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "areas" ? selection.id : undefined;
    this.drawChoice();
  }

  pick(): Selection | undefined {
    return undefined;
  }

  pickGround(point: { x: number; y: number }): Selection | undefined {
    if (this.map?.getLayer(CELLS) === undefined || !this.visible) return undefined;
    const [hit] = this.map.queryRenderedFeatures([point.x, point.y], { layers: [CELLS] });
    const id: unknown = hit?.properties["id"];
    return typeof id === "string" ? { layer: "areas", id } : undefined;
  }

  position(id: string): Position | undefined {
    return middle(this.picture?.layer("areas").get(id)?.boundary ?? []);
  }

  private drawChoice(): void {
    const area = this.picture?.layer("areas").get(this.selected ?? "");
    const source = this.map?.getSource<GeoJSONSource>(CHOSEN);
    if (source === undefined || this.drawnChoice === (area?.id ?? "")) return;
    this.drawnChoice = area?.id ?? "";
    source.setData(collection(area === undefined ? [] : shape(area, {})));
  }

  private draw(picture: Picture, nowMs: number): void {
    const source = this.map?.getSource<GeoJSONSource>(CELLS);
    if (source === undefined) return;
    const cells = [...picture.layer("areas").values()].filter(({ kind }) => kind === "cell");
    const looks = cells.map((cell) => [cell, cellOpacity(cell, nowMs)] as const);
    const look = looks
      .map(([{ id, event_time_ms }, opacity]) => `${id} ${event_time_ms} ${opacity ?? ""}`)
      .join("\n");
    if (look === this.drawn) return;
    this.drawn = look;
    const features = looks.flatMap(([cell, opacity]) =>
      opacity === undefined
        ? []
        : shape(cell, { id: cell.id, opacity, share: areaShare(cell) ?? 1 }),
    );
    source.setData(collection(features));
  }
}

function shape(area: Area, properties: Record<string, unknown>): GeoJSON.Feature[] {
  if (area.boundary.length < 4) return [];
  const geometry: GeoJSON.Polygon = { type: "Polygon", coordinates: [coordinates(area.boundary)] };
  return [{ type: "Feature", properties, geometry }];
}
