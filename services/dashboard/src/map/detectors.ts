/** Detector stations: two half discs, coloured by the level of service of each direction. */

import type { Detector, DetectorDirection, Picture, Position } from "tilanne-client";
import type { Map as MapLibre } from "maplibre-gl";
import { detectorIcon } from "./icons";
import { LEVELS, known } from "./palette";
import type { Level } from "./palette";
import type { Drawing } from "./shapes";
import { ShapeLayer } from "./shapes";

/**
 * A value older than this is not current. Stations publish a moving five minutes each minute; three
 * times that has room for a slow publisher, and no more.
 */
export const CURRENT_FOR_MS = 15 * 60_000;
const LAYER_ID = "detectors";

/** The level of service of a direction, when it has a current value. */
export function currentLevel(direction: DetectorDirection | undefined, nowMs: number): Level {
  const measured = direction?.speed_share_percent ?? direction?.speed_km_h;
  const current = measured && nowMs - measured.time_ms <= CURRENT_FOR_MS;
  return current ? known(LEVELS, direction?.level_of_service) : "unspecified";
}

/** The worst level of all directions; what has no current value counts last. */
export function worstLevel(detector: Detector, nowMs: number): Level {
  const levels = (detector.directions ?? []).map((direction) => currentLevel(direction, nowMs));
  const measured = levels.filter((level) => level !== "unspecified");
  const ranks = measured.map((level) => LEVELS.indexOf(level));
  return LEVELS[Math.max(-1, ...ranks)] ?? "unspecified";
}

export class DetectorLayer extends ShapeLayer {
  readonly layer = "detectors";

  constructor() {
    super("detectors", [LAYER_ID], [LAYER_ID]);
  }

  position(id: string): Position | undefined {
    return this.picture?.layer("detectors").get(id)?.station?.position ?? undefined;
  }

  protected addStyleLayers(map: MapLibre): void {
    map.addLayer({
      id: LAYER_ID,
      type: "symbol",
      source: this.source,
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.55, 12, 0.9, 15, 1.15],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "rank"],
      },
    });
  }

  protected draw(picture: Picture, nowMs: number): Drawing {
    const features = [...picture.layer("detectors").values()].flatMap((detector) =>
      feature(detector, nowMs),
    );
    return { look: JSON.stringify(features), features: () => features };
  }
}

function feature(detector: Detector, nowMs: number): GeoJSON.Feature[] {
  const position = detector.station?.position;
  if (position === null || position === undefined) return [];
  const directions = detector.directions ?? [];
  const level = (number: number): Level =>
    currentLevel(
      directions.find(({ direction }) => direction === number),
      nowMs,
    );
  return [
    {
      type: "Feature",
      properties: {
        id: detector.id,
        icon: detectorIcon(level(1), level(2)),
        rank: LEVELS.indexOf(worstLevel(detector, nowMs)) % (LEVELS.length - 1),
      },
      geometry: { type: "Point", coordinates: [position.longitude_deg, position.latitude_deg] },
    },
  ];
}
