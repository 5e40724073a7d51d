/**
 * The page's own map style: a plain ground with a graticule. It needs no tiles, glyphs or sprites,
 * so nothing is fetched; names of places are HTML (see `places.ts`).
 */

import type { Box } from "tilanne-client";
import type { StyleSpecification } from "maplibre-gl";
import type { Palette } from "./palette";

/** Lines of the graticule lie this far apart, degrees; about 5.5 km north to south. */
const STEP_DEG = 0.05;
/** The finer lines are drawn from this zoom on. */
const FINE_ZOOM = 10.5;
/** Every so many-th line is drawn at all zooms. */
const COARSE_EVERY = 5;

function graticule([west, south, east, north]: Box): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  const add = (index: number, ...coordinates: [number, number][]): void => {
    const coarse = index % COARSE_EVERY === 0;
    const geometry = { type: "LineString" as const, coordinates };
    features.push({ type: "Feature", properties: { coarse }, geometry });
  };
  for (let i = Math.floor(west / STEP_DEG); i * STEP_DEG <= east; i += 1) {
    add(i, [i * STEP_DEG, south], [i * STEP_DEG, north]);
  }
  for (let i = Math.floor(south / STEP_DEG); i * STEP_DEG <= north; i += 1) {
    add(i, [west, i * STEP_DEG], [east, i * STEP_DEG]);
  }
  return { type: "FeatureCollection", features };
}

/** @param extent where anything can be shown */
export function ownStyle(palette: Palette, extent: Box): StyleSpecification {
  return {
    version: 8,
    sources: { graticule: { type: "geojson", data: graticule(extent) } },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": palette.background } },
      {
        id: "graticule-fine",
        type: "line",
        source: "graticule",
        minzoom: FINE_ZOOM,
        filter: ["!", ["get", "coarse"]],
        paint: { "line-color": palette.graticule, "line-width": 0.7 },
      },
      {
        id: "graticule-coarse",
        type: "line",
        source: "graticule",
        filter: ["get", "coarse"],
        paint: { "line-color": palette.graticule, "line-width": 1.2 },
      },
    ],
  };
}
