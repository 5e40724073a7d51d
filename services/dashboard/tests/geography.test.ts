/** What a map sees before it is there. */

import type { Box } from "tilanne-client";
import { expect, it } from "vitest";
import {
  FIT_PADDING_PX,
  STREETS_FROM_ZOOM,
  cameraOf,
  contains,
  seen,
  toMercator,
} from "../src/map/geography";

const SIZE = { width: 800, height: 600 };
const WALL = { width: 3_200, height: 2_400 };
const TAMPERE: Box = [23.6, 61.4, 24.0, 61.6];

it("sees the whole world at zoom 0 on 512 pixels", () => {
  const [west, south, east, north] = seen({ zoom: 0, centre: [0, 0] }, { width: 512, height: 512 });
  expect([west, east]).toEqual([-180, 180]);
  expect(north).toBeCloseTo(85.0511, 4);
  expect(south).toBeCloseTo(-85.0511, 4);
});

it("sees half as much with each zoom, round its middle", () => {
  const [near, far] = [12, 11].map((zoom) => seen({ zoom, centre: [61.5, 23.8] }, SIZE));
  const width = (box: Box): number => box[2] - box[0];
  expect(width(far as Box)).toBeCloseTo(2 * width(near as Box), 9);
  expect((near as Box)[0] + width(near as Box) / 2).toBeCloseTo(23.8, 9);
});

it("sees the whole of a box, with room round it where it is tightest", () => {
  const box = seen({ bbox: TAMPERE }, WALL);
  expect(contains(box, TAMPERE)).toBe(true);
  const y = (latitude_deg: number): number => toMercator({ longitude_deg: 0, latitude_deg }).y;
  const perPx = (box[2] - box[0]) / WALL.width;
  const sideways = (TAMPERE[0] - box[0]) / perPx;
  const upwards = (y(TAMPERE[3]) - y(box[3])) / ((y(box[1]) - y(box[3])) / WALL.height);
  expect(Math.min(sideways, upwards)).toBeCloseTo(FIT_PADDING_PX, 6);
});

it("sees no more of a box than has its streets", () => {
  const phone = { width: 320, height: 480 };
  expect(cameraOf({ bbox: TAMPERE }, WALL).zoom).toBeGreaterThan(STREETS_FROM_ZOOM + 1);
  expect(cameraOf({ bbox: TAMPERE }, phone).zoom).toBeGreaterThan(STREETS_FROM_ZOOM);
  expect(contains(seen({ bbox: TAMPERE }, phone), TAMPERE)).toBe(false);
  const { centre } = cameraOf({ bbox: TAMPERE }, phone);
  expect(centre[1]).toBeCloseTo(23.8, 9);
});
