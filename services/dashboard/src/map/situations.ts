/** Traffic messages: the line or area they are about, and an icon by type. */

import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Position, Situation } from "../stream/model";
import type { Changes, Picture } from "../stream/picture";
import { anchor } from "./geography";
import { situationIcon } from "./icons";
import type { MapLayer, Selection } from "./layer";
import { SITUATIONS, known } from "./palette";
import { STREETS_BOTTOM } from "./links";
import type { Palette } from "./palette";

const SOURCE = "situations";
const AREA = "situation-areas";
const LINE = "situation-lines";
const ICON = "situation-icons";
const LAYER_IDS = [AREA, LINE, ICON];
const OVER: readonly string[] = ["ended", "retracted", "cancelled"];

/** Whether a message still speaks of the present or the future. */
export function isCurrent({ record }: Situation, nowMs: number): boolean {
  if (OVER.includes(record.phase ?? "")) return false;
  return (record.end_time_ms ?? Number.POSITIVE_INFINITY) > nowMs;
}

export class SituationLayer implements MapLayer {
  readonly layer = "situations";
  private map: MapLibre | undefined;
  private picture: Picture | undefined;
  private visible = true;
  private drawn = "";

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.drawn = "";
    const kinds = SITUATIONS.flatMap((kind) => [kind, palette.situation[kind]]);
    const fallback = palette.situation.unspecified;
    // The expression's type is a tuple that no list of pairs can be; the style check still runs.
    const colour = ["match", ["get", "kind"], ...kinds, fallback] as unknown as string;
    map.addSource(SOURCE, { type: "geojson", data: collection([]) });
    // Under the streets: the traffic on the road that a message is about must be seen.
    const before = map.getLayer(STREETS_BOTTOM) === undefined ? undefined : STREETS_BOTTOM;
    map.addLayer(
      {
        id: AREA,
        type: "fill",
        source: SOURCE,
        filter: ["==", ["geometry-type"], "Polygon"],
        paint: { "fill-color": colour, "fill-opacity": 0.14, "fill-outline-color": colour },
      },
      before,
    );
    map.addLayer(
      {
        id: LINE,
        type: "line",
        source: SOURCE,
        filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": colour,
          "line-opacity": 0.45,
          "line-width": ["interpolate", ["linear"], ["zoom"], 8, 4, 14, 14],
        },
      },
      before,
    );
    map.addLayer({
      id: ICON,
      type: "symbol",
      source: SOURCE,
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.75, 13, 1.1],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const touched = changes.updated.situations.length + changes.removed.situations.length;
    if (changes.reset || touched > 0) this.draw(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    this.draw(picture, nowMs);
  }

  show(visible: boolean): void {
    this.visible = visible;
    for (const id of LAYER_IDS) {
      if (this.map?.getLayer(id) === undefined) continue;
      this.map.setLayoutProperty(id, "visibility", visible ? "visible" : "none");
    }
  }

  select(): void {
    // The ring round a selected place is drawn by the map itself.
  }

  pick(point: { x: number; y: number }): Selection | undefined {
    return this.hit([ICON], point);
  }

  pickGround(point: { x: number; y: number }): Selection | undefined {
    return this.hit([LINE, AREA], point);
  }

  private hit(layers: readonly string[], point: { x: number; y: number }): Selection | undefined {
    for (const layer of layers) {
      if (this.map?.getLayer(layer) === undefined) continue;
      const [hit] = this.map.queryRenderedFeatures([point.x, point.y], { layers: [layer] });
      const id: unknown = hit?.properties["id"];
      if (typeof id === "string") return { layer: "situations", id };
    }
    return undefined;
  }

  position(id: string): Position | undefined {
    return anchor(this.picture?.layer("situations").get(id)?.record.geometry);
  }

  /** Sends the source to the map when other messages, or other versions, are current. */
  private draw(picture: Picture, nowMs: number): void {
    this.picture = picture;
    const source = this.map?.getSource<GeoJSONSource>(SOURCE);
    if (source === undefined) return;
    const current = [...picture.layer("situations").values()].filter((situation) =>
      isCurrent(situation, nowMs),
    );
    const looks = current.map(({ id, event_time_ms }) => `${id} ${event_time_ms}`).join("\n");
    if (looks === this.drawn) return;
    this.drawn = looks;
    source.setData(collection(current.flatMap(features)));
  }
}

function collection(all: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features: all };
}

function coordinates(path: readonly Position[]): [number, number][] {
  return path.map(({ longitude_deg, latitude_deg }) => [longitude_deg, latitude_deg]);
}

function features({ id, record }: Situation): GeoJSON.Feature[] {
  const kind = known(SITUATIONS, record.type);
  const properties = { id, kind, icon: situationIcon(kind) };
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
