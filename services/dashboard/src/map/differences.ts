/**
 * How much faster or slower streets are than at another moment, or than without a change: lines in
 * the colours of a diverging scale. The larger the change the thicker, so that colour is not alone in
 * saying it; what is about the same is thin and grey.
 */

import type { Position } from "tilanne-client";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import { SAME_CLASS, classOf } from "../time/differences";
import type { StreetDifference } from "../time/differences";
import type { MapLayer, Selection } from "./layer";
import { DARK } from "./palette";
import type { Palette } from "./palette";
import { collection, idAt, showStyleLayers } from "./shapes";
import type { Point } from "./shapes";

const SOURCE = "differences";
const LINES = "differences";
const SELECTED = "differences-selected";
const PICK_RADIUS_PX = 5;

/**
 * Much slower first. Vermilion to blue stays apart in every kind of colour vision, and both ends stand
 * out from the ground.
 */
const COLOURS = {
  light: ["#8f1d0e", "#d9541e", "#f0a36b", "#a9b4be", "#7fb5dc", "#2f7fbf", "#0b3f7d"],
  dark: ["#ff6a3d", "#d9652f", "#96542f", "#4a5763", "#3f7099", "#4f9fdc", "#a6d6ff"],
} as const;

export function differenceColours(dark: boolean): readonly string[] {
  return dark ? COLOURS.dark : COLOURS.light;
}

/** A length in CSS pixels that grows with the zoom and the size of the change. */
function byZoom(z10: number, z13: number, z16: number): ExpressionSpecification {
  const times = (size: number): unknown => ["*", size, ["get", "width"]];
  const stops = [10, times(z10), 13, times(z13), 16, times(z16), 18, times(z16 * 2)];
  const expression = ["interpolate", ["exponential", 1.4], ["zoom"], ...stops];
  return expression as unknown as ExpressionSpecification;
}

export class DifferenceLayer implements MapLayer {
  readonly layer = "links";
  private map: MapLibre | undefined;
  private streets: readonly StreetDifference[] = [];
  private visible = false;
  private selected = "";

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    const colours = differenceColours(palette === DARK);
    const steps = colours.slice(1).flatMap((colour, step) => [step + 1, colour]);
    const colour = ["step", ["get", "class"], colours[0], ...steps];
    const placed = { "line-offset": byZoom(0.8, 2.1, 6) };
    const shape = { "line-cap": "round", "line-join": "round" } as const;
    map.addSource(SOURCE, { type: "geojson", data: this.data(), tolerance: 0.2 });
    map.addLayer({
      id: SELECTED,
      type: "line",
      source: SOURCE,
      filter: ["==", ["get", "id"], this.selected],
      layout: shape,
      paint: { ...placed, "line-color": palette.selection, "line-width": byZoom(5, 8, 15) },
    });
    map.addLayer({
      id: LINES,
      type: "line",
      source: SOURCE,
      layout: { ...shape, "line-sort-key": ["abs", ["-", ["get", "class"], SAME_CLASS]] },
      paint: {
        ...placed,
        "line-color": colour as unknown as ExpressionSpecification,
        "line-width": byZoom(1.3, 3, 8),
      },
    });
    this.show(this.visible);
  }

  set(streets: readonly StreetDifference[]): void {
    this.streets = streets;
    this.map?.getSource<GeoJSONSource>(SOURCE)?.setData(this.data());
  }

  changed(): void {
    // It is of two pictures, and is told when it is worked out anew.
  }

  tick(): void {
    // Nor does it age.
  }

  show(visible: boolean): void {
    this.visible = visible;
    showStyleLayers(this.map, [SELECTED, LINES], visible);
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "links" ? selection.id : "";
    if (this.map?.getLayer(SELECTED) === undefined) return;
    this.map.setFilter(SELECTED, ["==", ["get", "id"], this.selected]);
  }

  pick(point: Point): Selection | undefined {
    const id = idAt(this.map, point, [LINES]) ?? idAt(this.map, point, [LINES], PICK_RADIUS_PX);
    return id === undefined ? undefined : { layer: "links", id };
  }

  position(id: string): Position | undefined {
    const line = this.streets.find((street) => street.id === id)?.line;
    const middle = line?.[Math.floor(line.length / 2)];
    return middle && { longitude_deg: middle[0], latitude_deg: middle[1] };
  }

  private data(): GeoJSON.FeatureCollection {
    return collection(
      this.streets.map(({ id, line, change }) => {
        const step = classOf(change);
        const width = 0.6 + Math.abs(step - SAME_CLASS) * 0.4;
        const geometry: GeoJSON.LineString = { type: "LineString", coordinates: line };
        return { type: "Feature", properties: { id, class: step, width }, geometry };
      }),
    );
  }
}
