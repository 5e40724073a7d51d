/** Shapes of the picture as GeoJSON, and what layers have in common that are made of them. */

import type { Changes, Picture, Position } from "tilanne-client";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { MapLayer, MapLayerName, Selection, ShownLayer } from "./layer";
import type { Palette } from "./palette";

/** Bottom of the streets: what belongs under them is put before this style layer. */
export const STREETS_BOTTOM = "links-unknown";

/** A place on the screen, CSS pixels of the map. */
export interface Point {
  x: number;
  y: number;
}

export function coordinates(line: readonly Position[]): [number, number][] {
  return line.map(({ longitude_deg, latitude_deg }) => [longitude_deg, latitude_deg]);
}

export function collection(features: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features };
}

/** Id of what the first of these style layers that has something has at a point, or so near. */
export function idAt(
  map: MapLibre | undefined,
  { x, y }: Point,
  styleLayers: readonly string[],
  reachPx = 0,
): string | undefined {
  const box: [[number, number], [number, number]] = [
    [x - reachPx, y - reachPx],
    [x + reachPx, y + reachPx],
  ];
  for (const layer of styleLayers) {
    if (map?.getLayer(layer) === undefined) continue;
    const at: [number, number] | typeof box = reachPx > 0 ? box : [x, y];
    const [hit] = map.queryRenderedFeatures(at, { layers: [layer] });
    const id: unknown = hit?.properties["id"];
    if (typeof id === "string") return id;
  }
  return undefined;
}

export function showStyleLayers(
  map: MapLibre | undefined,
  styleLayers: readonly string[],
  visible: boolean,
): void {
  for (const layer of styleLayers) {
    if (map?.getLayer(layer) === undefined) continue;
    map.setLayoutProperty(layer, "visibility", visible ? "visible" : "none");
  }
}

/** What a layer draws at a moment. */
export interface Drawing {
  /** Differs when something is to be drawn anew. */
  look: string;
  features: () => GeoJSON.Feature[];
}

/** A layer of few objects: one source, sent to the map when it looks different. */
export abstract class ShapeLayer implements MapLayer {
  abstract readonly layer: ShownLayer<MapLayerName>;
  protected map: MapLibre | undefined;
  protected picture: Picture | undefined;
  private visible = true;
  private drawn: string | undefined;

  /**
   * @param source id of the source
   * @param styleLayers ids of the style layers that it adds
   * @param picked of these, the ones whose objects are found by a click
   */
  constructor(
    protected readonly source: string,
    private readonly styleLayers: readonly string[],
    private readonly picked: readonly string[],
  ) {}

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.drawn = undefined;
    map.addSource(this.source, { type: "geojson", data: collection([]) });
    const under = map.getLayer(STREETS_BOTTOM) === undefined ? undefined : STREETS_BOTTOM;
    this.addStyleLayers(map, palette, under);
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const touched = changes.updated[this.layer].length + changes.removed[this.layer].length;
    if (changes.reset || touched > 0) this.tick(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    this.picture = picture;
    const source = this.map?.getSource<GeoJSONSource>(this.source);
    if (source === undefined) return;
    const { look, features } = this.draw(picture, nowMs);
    if (look === this.drawn) return;
    this.drawn = look;
    source.setData(collection(features()));
  }

  show(visible: boolean): void {
    this.visible = visible;
    showStyleLayers(this.map, this.styleLayers, visible);
  }

  select(): void {
    // The ring round a selected place is drawn by the map itself.
  }

  pick(point: Point): Selection | undefined {
    const id = idAt(this.map, point, this.picked);
    return id === undefined ? undefined : { layer: this.layer, id };
  }

  abstract position(id: string): Position | undefined;

  /** @param under the style layer before which to put what lies under the streets */
  protected abstract addStyleLayers(
    map: MapLibre,
    palette: Palette,
    under: string | undefined,
  ): void;

  protected abstract draw(picture: Picture, nowMs: number): Drawing;
}
