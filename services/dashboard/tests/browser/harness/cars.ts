/**
 * Invented cars on a street of the demo of Oulu, as floating cars report in Tilanne's own JSON. Where
 * each is at a time is known, also of the past: until a moment the street is jammed, and a car is
 * parked at one end of the block; after it the street is free, and the car is at the other.
 */

import type { Box, Place } from "./fleet";

/** What the built-up part of Oulu lies in. */
export const OULU: Box = [25.3, 64.93, 25.7, 65.1];

/** The street: it is straight between these. */
const WAY: readonly Place[] = [
  { latitude_deg: 65.0121, longitude_deg: 25.469 },
  { latitude_deg: 65.018, longitude_deg: 25.47 },
  { latitude_deg: 65.027, longitude_deg: 25.474 },
];
const JAM_KM_H = 20;
const FREE_KM_H = 36;
/** A car comes onto the street so often, s. */
const EVERY_S = 8;
/** So long the parked car is not heard of while it is moved: it does not jump. */
const MOVING_S = 60;
const DEGREE_M = 111_320;

/** Where the car is parked: first and last, a block beside the street. */
export const PARKED_THEN: Place = { latitude_deg: 65.0205, longitude_deg: 25.4785 };
export const PARKED_NOW: Place = { latitude_deg: 65.0195, longitude_deg: 25.4665 };
export const PARKED = "parked";

interface Piece {
  from: Place;
  to: Place;
  length_m: number;
  bearing_deg: number;
}

const PIECES: readonly Piece[] = WAY.slice(1).map((to, index) => {
  const from = WAY[index] ?? to;
  const north_m = (to.latitude_deg - from.latitude_deg) * DEGREE_M;
  const shrink = Math.cos((from.latitude_deg * Math.PI) / 180);
  const east_m = (to.longitude_deg - from.longitude_deg) * DEGREE_M * shrink;
  const bearing_deg = ((Math.atan2(east_m, north_m) * 180) / Math.PI + 360) % 360;
  return { from, to, length_m: Math.hypot(north_m, east_m), bearing_deg };
});
const LENGTH_M = PIECES.reduce((sum, { length_m }) => sum + length_m, 0);

export class Cars {
  /** @param freeFromS when the jam is over, Unix time in seconds */
  constructor(readonly freeFromS: number) {}

  /** What all of them report at a time: JSON objects, one after the other, on one line. */
  reports(atS: number): string {
    const speed_km_h = atS < this.freeFromS ? JAM_KM_H : FREE_KM_H;
    const time = new Date(atS * 1_000).toISOString();
    const drivenS = (LENGTH_M / JAM_KM_H) * 3.6;
    const reports: object[] = this.parked(atS).map((place) => {
      return { vehicle: PARKED, time, mode: "car", ...place, speed_km_h: 0 };
    });
    // Each is called by when it came.
    for (let number = Math.floor(atS / EVERY_S); number * EVERY_S > atS - drivenS; number -= 1) {
      const place = placeAt(this.drivenM(number * EVERY_S, atS));
      if (place === undefined) break;
      reports.push({ vehicle: `car-${number}`, time, mode: "car", ...place, speed_km_h });
    }
    return reports.map((report) => JSON.stringify(report)).join(" ");
  }

  private parked(atS: number): Place[] {
    if (atS < this.freeFromS) return [PARKED_THEN];
    return atS < this.freeFromS + MOVING_S ? [] : [PARKED_NOW];
  }

  private drivenM(fromS: number, toS: number): number {
    const jammedS = Math.max(0, Math.min(toS, this.freeFromS) - fromS);
    return (jammedS * JAM_KM_H + (toS - fromS - jammedS) * FREE_KM_H) / 3.6;
  }
}

/** After so many metres of the street; nowhere after its end. */
function placeAt(drivenM: number): (Place & { bearing_deg: number }) | undefined {
  let leftM = drivenM;
  for (const { from, to, length_m, bearing_deg } of PIECES) {
    if (leftM < length_m) {
      const share = leftM / length_m;
      const between = (a: number, b: number): number => a + (b - a) * share;
      return {
        latitude_deg: between(from.latitude_deg, to.latitude_deg),
        longitude_deg: between(from.longitude_deg, to.longitude_deg),
        bearing_deg,
      };
    }
    leftM -= length_m;
  }
  return undefined;
}
