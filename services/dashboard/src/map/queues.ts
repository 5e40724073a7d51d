/** Queues: a casing round their links, and at the head a sign with the length. */

import type { Link, Picture, Position, Queue } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import { addQueueSign, queueSign } from "./icons";
import { LIGHT } from "./palette";
import type { Palette } from "./palette";
import type { Drawing } from "./shapes";
import { ShapeLayer, coordinates } from "./shapes";
import { LINK_STALE_AFTER_MS } from "./streets";

const CASING = "queue-casing";
const HEAD = "queue-heads";

/** A queue that is no longer told of is not shown: it may be gone. */
export function isStanding({ event_time_ms }: Queue, nowMs: number): boolean {
  return nowMs - event_time_ms <= LINK_STALE_AFTER_MS;
}

/** Length as on the sign: to ten metres, from a kilometre on to a hundred. */
export function signText(length_m: number): string {
  if (length_m >= 995) return `${(length_m / 1000).toFixed(1)} km`;
  return `${Math.max(10, Math.round(length_m / 10) * 10)} m`;
}

export class QueueLayer extends ShapeLayer {
  readonly layer = "queues";
  private palette: Palette = LIGHT;

  /** @param decimal the sign that the reader's language puts before tenths */
  constructor(private readonly decimal: () => string) {
    super("queues", [CASING, HEAD], [HEAD]);
  }

  position(id: string): Position | undefined {
    return this.picture?.layer("queues").get(id)?.position;
  }

  protected addStyleLayers(map: MapLibre, palette: Palette, under: string | undefined): void {
    this.palette = palette;
    const { queue, irregular } = palette.street;
    map.addLayer(
      {
        id: CASING,
        type: "line",
        source: this.source,
        filter: ["==", ["geometry-type"], "LineString"],
        layout: { "line-cap": "round", "line-join": "round" },
        paint: {
          "line-color": ["case", ["get", "irregular"], irregular, queue],
          "line-opacity": 0.85,
          "line-width": ["interpolate", ["exponential", 1.4], ["zoom"], 10, 5, 13, 9, 16, 19],
          "line-offset": ["interpolate", ["exponential", 1.4], ["zoom"], 10, 0.9, 13, 2.3, 16, 6.6],
        },
      },
      under,
    );
    map.addLayer({
      id: HEAD,
      type: "symbol",
      source: this.source,
      filter: ["==", ["geometry-type"], "Point"],
      layout: {
        "icon-image": ["get", "icon"],
        "icon-anchor": "bottom",
        // Where signs would cover each other the longest queue has its sign; the lines show the rest.
        "icon-allow-overlap": false,
        "icon-ignore-placement": false,
        "icon-size": ["interpolate", ["linear"], ["zoom"], 9, 0.7, 13, 1],
        "symbol-sort-key": ["-", ["get", "length"]],
      },
    });
  }

  protected draw(picture: Picture, nowMs: number): Drawing {
    const links = picture.layer("links");
    const standing = [...picture.layer("queues").values()].filter((queue) =>
      isStanding(queue, nowMs),
    );
    // The lines come with the links, which may be later than the queue.
    const looks = standing.map(({ id, event_time_ms, links: of }) => {
      const there = of.filter((link) => links.has(link)).length;
      return `${id} ${event_time_ms} ${there}`;
    });
    return {
      look: `${this.decimal()} ${looks.join("\n")}`,
      features: () => standing.flatMap((queue) => this.features(queue, links)),
    };
  }

  private features(queue: Queue, links: ReadonlyMap<string, Link>): GeoJSON.Feature[] {
    const { id, irregular, length_m, position } = queue;
    const text = signText(length_m).replace(".", this.decimal());
    if (this.map !== undefined) addQueueSign(this.map, this.palette, text, irregular);
    const properties = { id, irregular, length: length_m, icon: queueSign(text, irregular) };
    const lines = queue.links.map((link) => links.get(link)?.line ?? []);
    const shapes: GeoJSON.Geometry[] = lines
      .filter((line) => line.length > 1)
      .map((line) => ({ type: "LineString", coordinates: coordinates(line) }));
    shapes.push({ type: "Point", coordinates: coordinates([position])[0] ?? [] });
    return shapes.map((geometry) => ({ type: "Feature", properties, geometry }));
  }
}
