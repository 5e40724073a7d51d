/** Detector stations: two half discs, coloured by the level of service of each direction. */

import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Detector, DetectorDirection, Position } from "../stream/model";
import type { Changes, Picture } from "../stream/picture";
import { detectorIcon } from "./icons";
import type { MapLayer, Selection } from "./layer";
import { LEVELS, known } from "./palette";
import type { Level, Palette } from "./palette";

/**
 * A value older than this is not current. Stations publish a moving five minutes each minute; three
 * times that has room for a slow publisher, and no more.
 */
export const CURRENT_FOR_MS = 15 * 60_000;
const SOURCE = "detectors";
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

export class DetectorLayer implements MapLayer {
  readonly layer = "detectors";
  private map: MapLibre | undefined;
  private picture: Picture | undefined;
  private visible = true;
  private drawn = "";

  install(map: MapLibre, _palette: Palette): void {
    this.map = map;
    this.drawn = "";
    map.addSource(SOURCE, { type: "geojson", data: collection([]) });
    map.addLayer({
      id: LAYER_ID,
      type: "symbol",
      source: SOURCE,
      layout: {
        "icon-image": ["get", "icon"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 8, 0.55, 12, 0.9, 15, 1.15],
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["get", "rank"],
      },
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const touched = changes.updated.detectors.length + changes.removed.detectors.length;
    if (changes.reset || touched > 0) this.draw(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    this.draw(picture, nowMs);
  }

  show(visible: boolean): void {
    this.visible = visible;
    if (this.map?.getLayer(LAYER_ID) === undefined) return;
    this.map.setLayoutProperty(LAYER_ID, "visibility", visible ? "visible" : "none");
  }

  select(): void {
    // The ring round a selected place is drawn by the map itself.
  }

  pick(point: { x: number; y: number }): Selection | undefined {
    if (this.map?.getLayer(LAYER_ID) === undefined) return undefined;
    const [hit] = this.map.queryRenderedFeatures([point.x, point.y], { layers: [LAYER_ID] });
    const id: unknown = hit?.properties["id"];
    return typeof id === "string" ? { layer: "detectors", id } : undefined;
  }

  position(id: string): Position | undefined {
    return this.picture?.layer("detectors").get(id)?.station?.position ?? undefined;
  }

  /** Sends the source to the map when it looks different from what is drawn. */
  private draw(picture: Picture, nowMs: number): void {
    this.picture = picture;
    const source = this.map?.getSource<GeoJSONSource>(SOURCE);
    if (source === undefined) return;
    const features = [...picture.layer("detectors").values()].flatMap((detector) =>
      feature(detector, nowMs),
    );
    const looks = JSON.stringify(features);
    if (looks === this.drawn) return;
    this.drawn = looks;
    source.setData(collection(features));
  }
}

function collection(features: GeoJSON.Feature[]): GeoJSON.FeatureCollection {
  return { type: "FeatureCollection", features };
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
