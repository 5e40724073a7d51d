/** Places and boxes: the little geometry that the page needs. Pure. */

/** Web Mercator: the world is the square from 0 to 1, y grows to the south. */
export interface MercatorPoint {
  x: number;
  y: number;
}

const RADIANS = Math.PI / 180;
/** Circumference of the WGS84 equator in metres. */
const EQUATOR_M = 40_075_016.7;

export function toMercator({ longitude_deg, latitude_deg }: Position): MercatorPoint {
  const y = Math.log(Math.tan(Math.PI / 4 + (latitude_deg * RADIANS) / 2));
  return { x: longitude_deg / 360 + 0.5, y: 0.5 - y / (2 * Math.PI) };
}

export function fromMercator({ x, y }: MercatorPoint): Position {
  const latitude = 2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2;
  return { longitude_deg: (x - 0.5) * 360, latitude_deg: latitude / RADIANS };
}

/** Metres that one unit of the Mercator square is long at this place. */
export function metresPerMercator({ y }: MercatorPoint): number {
  return EQUATOR_M / Math.cosh((0.5 - y) * 2 * Math.PI);
}

/** Metres from one place to another near it. */
export function lengthM(from: MercatorPoint, to: MercatorPoint): number {
  return Math.hypot(to.x - from.x, to.y - from.y) * metresPerMercator(to);
}

export function contains(outer: Box, inner: Box): boolean {
  return (
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
  );
}

export function includes(box: Box, { longitude_deg, latitude_deg }: Position): boolean {
  return (
    box[0] <= longitude_deg &&
    longitude_deg <= box[2] &&
    box[1] <= latitude_deg &&
    latitude_deg <= box[3]
  );
}

/** The box, larger by a share of its size on each side, and kept on the globe. */
export function grown(box: Box, share: number): Box {
  const width = (box[2] - box[0]) * share;
  const height = (box[3] - box[1]) * share;
  return [
    Math.max(-180, box[0] - width),
    Math.max(-90, box[1] - height),
    Math.min(180, box[2] + width),
    Math.min(90, box[3] + height),
  ];
}

export function area(box: Box): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

export function centre(box: Box): [number, number] {
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

/** Smallest box round all of them; `undefined` for none. */
export function union(boxes: readonly Box[]): Box | undefined {
  const [first, ...rest] = boxes;
  if (first === undefined) return undefined;
  return rest.reduce<Box>(
    (all, box) => [
      Math.min(all[0], box[0]),
      Math.min(all[1], box[1]),
      Math.max(all[2], box[2]),
      Math.max(all[3], box[3]),
    ],
    first,
  );
}

/** Pixels that the Mercator square is wide at zoom 0, as MapLibre counts zooms. */
const WORLD_PX = 512;

/** Where a map looks: at a middle, given as latitude and longitude, or at the whole of a box. */
export type Place =
  { readonly zoom: number; readonly centre: readonly [number, number] } | { readonly bbox: Box };

/** Room that is left round a box that a map shows whole, CSS pixels. */
export const FIT_PADDING_PX = 24;
/** Further out a street is thinner than a pixel, and there are more than a page can hold. */
export const STREETS_FROM_ZOOM = 10;
/** A box is shown whole, or as much of it as has its streets: a map without any says little. */
const BOX_ZOOM_MIN = STREETS_FROM_ZOOM + 0.05;

/** Size of a map, CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Zoom, and middle as latitude and longitude, of a map of this size that looks at a place. */
export function cameraOf(
  place: Place,
  { width, height }: Size,
): { zoom: number; centre: readonly [number, number] } {
  if ("centre" in place) return place;
  const [west, south, east, north] = place.bbox;
  const from = toMercator({ longitude_deg: west, latitude_deg: north });
  const to = toMercator({ longitude_deg: east, latitude_deg: south });
  const roomPx = (sizePx: number): number => Math.max(1, sizePx - 2 * FIT_PADDING_PX);
  const scalePx = Math.min(roomPx(width) / (to.x - from.x), roomPx(height) / (to.y - from.y));
  const middle = fromMercator({ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 });
  return {
    zoom: Math.max(BOX_ZOOM_MIN, Math.log2(scalePx / WORLD_PX)),
    centre: [middle.latitude_deg, middle.longitude_deg],
  };
}

/** The box that a map of this size without tilt sees. */
export function seen(place: Place, size: Size): Box {
  const { zoom, centre } = cameraOf(place, size);
  const [latitude_deg, longitude_deg] = centre;
  const middle = toMercator({ longitude_deg, latitude_deg });
  const scalePx = WORLD_PX * 2 ** zoom;
  const [halfX, halfY] = [size.width / 2 / scalePx, size.height / 2 / scalePx];
  const northWest = fromMercator({ x: middle.x - halfX, y: middle.y - halfY });
  const southEast = fromMercator({ x: middle.x + halfX, y: middle.y + halfY });
  return [
    northWest.longitude_deg,
    southEast.latitude_deg,
    southEast.longitude_deg,
    northWest.latitude_deg,
  ];
}

/** Where the icon of a geometry goes: its first point, or the middle of its first line or ring. */
export function anchor(geometry: Geometry | null | undefined): Position | undefined {
  const point = geometry?.points?.[0];
  if (point !== undefined) return point;
  const path = geometry?.lines?.[0] ?? geometry?.polygons?.[0]?.[0];
  return path?.[Math.floor(path.length / 2)];
}

/** Kilometres that a degree of latitude is long, and one of longitude at the equator, about. */
const DEGREE_KM = 111.2;

/** Area inside a closed ring of a city's size or less, km²; 0 for less than a triangle. */
export function ringKm2(ring: readonly Position[]): number {
  const [first] = ring;
  if (first === undefined || ring.length < 4) return 0;
  const across = DEGREE_KM * Math.cos(first.latitude_deg * RADIANS);
  let twice = 0;
  for (const [index, from] of ring.entries()) {
    const to = ring[(index + 1) % ring.length] ?? from;
    const [x, y] = [
      from.longitude_deg - first.longitude_deg,
      from.latitude_deg - first.latitude_deg,
    ];
    twice +=
      x * (to.latitude_deg - first.latitude_deg) - y * (to.longitude_deg - first.longitude_deg);
  }
  return (Math.abs(twice) / 2) * DEGREE_KM * across;
}
import type { Box, Geometry, Position } from "tilanne-client";
