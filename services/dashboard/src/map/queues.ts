/** Queues: a casing round their links, and at the head a sign with the length. */

import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Position, Queue } from "../stream/model";
import type { Changes, Picture } from "../stream/picture";
import { addQueueSign, queueSign } from "./icons";
import type { MapLayer, Selection } from "./layer";
import { STREETS_BOTTOM, collection, coordinates } from "./links";
import { LIGHT } from "./palette";
import type { Palette } from "./palette";
import { LINK_STALE_AFTER_MS } from "./streets";

const SOURCE = "queues";
const CASING = "queue-casing";
const HEAD = "queue-heads";
const LAYER_IDS = [CASING, HEAD];

/** A queue that is no longer told of is not shown: it may be gone. */
export function isStanding({ event_time_ms }: Queue, nowMs: number): boolean {
  return nowMs - event_time_ms <= LINK_STALE_AFTER_MS;
}

/** Length as on the sign: to ten metres, from a kilometre on to a hundred. */
export function signText(length_m: number): string {
  if (length_m >= 995) return `${(length_m / 1000).toFixed(1)} km`;
  return `${Math.max(10, Math.round(length_m / 10) * 10)} m`;
}

export class QueueLayer implements MapLayer {
  readonly layer = "queues";
  private map: MapLibre | undefined;
  private palette: Palette = LIGHT;
  private picture: Picture | undefined;
  private visible = true;
  private drawn = "";

  /** @param decimal the sign that the reader's language puts before tenths */
  constructor(private readonly decimal: () => string) {}

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.palette = palette;
    this.drawn = "";
    map.addSource(SOURCE, { type: "geojson", data: collection([]) });
    const { queue, irregular } = palette.street;
    map.addLayer(
      {
        id: CASING,
        type: "line",
        source: SOURCE,
        filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": ["case", ["get", "irregular"], irregular, queue],
          "line-opacity": 0.85,
          "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 10, 5, 13, 9, 16, 19],
          "line-offset": ["interpolate", ["exponential", 1.4], ["zoom"], 10, 0.9, 13, 2.3, 16, 6.6],
        },
      },
      map.getLayer(STREETS_BOTTOM) === undefined ? undefined : STREETS_BOTTOM,
    );
    map.addLayer({
      id: HEAD,
      type: "symbol",
      source: SOURCE,
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-anchor": "bottom",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 13, 1],
        "symbol-sort-key": ["get", "length"],
      },
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const { updated, removed } = changes;
    const touched = updated.queues.length + removed.queues.length;
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
    if (this.map?.getLayer(HEAD) === undefined) return undefined;
    const [hit] = this.map.queryRenderedFeatures([point.x, point.y], { layers: [HEAD] });
    const id: unknown = hit?.properties["id"];
    return typeof id === "string" ? { layer: "queues", id } : undefined;
  }

  position(id: string): Position | undefined {
    return this.picture?.layer("queues").get(id)?.position;
  }

  private draw(picture: Picture, nowMs: number): void {
    this.picture = picture;
    const { map, palette } = this;
    const source = map?.getSource<GeoJSONSource>(SOURCE);
    if (map === undefined || source === undefined) return;
    const links = picture.layer("links");
    const standing = [...picture.layer("queues").values()].filter((queue) =>
      isStanding(queue, nowMs),
    );
    // The lines come with the links, which may be later than the queue.
    const looks = standing.map(({ id, event_time_ms, links: of }) => {
      const there = of.filter((link) => links.has(link)).length;
      return `${id} ${event_time_ms} ${there}`;
    });
    const look = `${this.decimal()} ${looks.join("\n")}`;
    if (look === this.drawn) return;
    this.drawn = look;
    const features = standing.flatMap((queue) => {
      const { id, irregular, length_m, position } = queue;
      const text = signText(length_m).replace(".", this.decimal());
      addQueueSign(map, palette, text, irregular);
      const properties = { id, irregular, length: length_m, icon: queueSign(text, irregular) };
      const lines = queue.links.map((link) => links.get(link)?.line ?? []);
      const shapes: GeoJSON.Geometry[] = lines
        .filter((line) => line.length > 1)
        .map((line) => ({ type: "LineString", coordinates: coordinates(line) }));
      shapes.push({ type: "Point", coordinates: coordinates([position])[0] ?? [] });
      return shapes.map((geometry): GeoJSON.Feature => ({ type: "Feature", properties, geometry }));
    });
    source.setData(collection(features));
  }
}
