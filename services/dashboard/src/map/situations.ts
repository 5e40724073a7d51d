/** Traffic messages: the line or area they are about, and an icon by type. */

import type { Picture, Position, Situation } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import { anchor } from "./geography";
import { situationIcon } from "./icons";
import type { Selection } from "./layer";
import { SITUATIONS, known } from "./palette";
import type { Palette } from "./palette";
import type { Drawing, Point } from "./shapes";
import { ShapeLayer, coordinates, idAt } from "./shapes";

const AREA = "situation-areas";
const LINE = "situation-lines";
const ICON = "situation-icons";
const OVER: readonly string[] = ["ended", "retracted", "cancelled"];

/** Whether a message still speaks of the present or the future. */
export function isCurrent({ record }: Situation, nowMs: number): boolean {
  if (OVER.includes(record.phase ?? "")) return false;
  return (record.end_time_ms ?? Number.POSITIVE_INFINITY) > nowMs;
}

export class SituationLayer extends ShapeLayer {
  readonly layer = "situations";

  constructor() {
    super("situations", [AREA, LINE, ICON], [ICON]);
  }

  pickGround(point: Point): Selection | undefined {
    const id = idAt(this.map, point, [LINE, AREA]);
    return id === undefined ? undefined : { layer: "situations", id };
  }

  position(id: string): Position | undefined {
    return anchor(this.picture?.layer("situations").get(id)?.record.geometry);
  }

  /** Areas and lines lie under the streets: the traffic that a message is about must be seen. */
  protected addStyleLayers(map: MapLibre, palette: Palette, under: string | undefined): void {
    const kinds = SITUATIONS.flatMap((kind) => [kind, palette.situation[kind]]);
    const fallback = palette.situation.unspecified;
    // The expression's type is a tuple that no list of pairs can be; the style check still runs.
    const colour = ["match", ["get", "kind"], ...kinds, fallback] as unknown as string;
    const { source } = this;
    map.addLayer(
      {
        id: AREA,
        type: "fill",
        source,
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": colour, "fill-opacity": 0.14, "fill-outline-color": colour },
      },
      under,
    );
    map.addLayer(
      {
        id: LINE,
        type: "line",
        source,
        filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": colour,
          "line-opacity": 0.45,
          "line-width": ["interpolate", ["linear"], ["zoom"], 8, 4, 14, 14],
        },
      },
      under,
    );
    map.addLayer({
      id: ICON,
      type: "symbol",
      source,
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.75, 13, 1.1],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    });
  }

  protected draw(picture: Picture, nowMs: number): Drawing {
    const current = [...picture.layer("situations").values()].filter((situation) =>
      isCurrent(situation, nowMs),
    );
    const looks = current.map(
      ({ id, event_time_ms, effect }) => `${id} ${event_time_ms} ${effect?.contradicted}`,
    );
    return { look: looks.join("\n"), features: () => current.flatMap(features) };
  }
}

function features({ id, record, effect }: Situation): GeoJSON.Feature[] {
  const kind = known(SITUATIONS, record.type);
  const properties = { id, kind, icon: situationIcon(kind, effect?.contradicted === true) };
  const shapes: GeoJSON.Geometry[] = [];
  for (const rings of record.geometry?.polygons ?? []) {
    shapes.push({ type: "Polygon", coordinates: rings.map(coordinates) });
  }
  for (const line of record.geometry?.lines ?? []) {
    shapes.push({ type: "LineString", coordinates: coordinates(line) });
  }
  const icon = anchor(record.geometry);
  const points = record.geometry?.points ?? [];
  for (const point of points.length > 0 ? points : icon === undefined ? [] : [icon]) {
    shapes.push({ type: "Point", coordinates: coordinates([point])[0] ?? [] });
  }
  return shapes.map((geometry) => ({ type: "Feature", properties, geometry }));
}
