/**
 * What differs between two pictures: how much faster or slower each street is, in classes whose
 * colours say the same at all times. Pure.
 */

import type { Json } from "../json";
import { number } from "../json";

/** A street whose speed is known at both moments. */
export interface StreetDifference {
  readonly id: string;
  readonly line: [number, number][];
  readonly before: number;
  readonly after: number;
  /** After minus before, km/h. */
  readonly change: number;
}

/** A page of the server's answer. */
export interface DifferencePage {
  readonly streets: readonly StreetDifference[];
  /** Of how many streets one of the two speeds is not known. */
  readonly unknown: number;
  /** Where the next page begins. */
  readonly cursor: string | undefined;
}

/** Ends of the classes, km/h: below the first is much slower, above the last much faster. */
export const CLASS_ENDS = [-20, -10, -5, 5, 10, 20] as const;
/** The class of streets that are about as fast as they were. */
export const SAME_CLASS = 3;

/** Class of a change, from 0, much slower, to 6, much faster. Symmetric about no change. */
export function classOf(change: number): number {
  const slower = CLASS_ENDS.filter((end) => end < 0 && change > end).length;
  return slower + CLASS_ENDS.filter((end) => end > 0 && change >= end).length;
}

/** Largest changes first; of equals in the order of ids. */
export function byChange(a: StreetDifference, b: StreetDifference): number {
  return Math.abs(b.change) - Math.abs(a.change) || (a.id < b.id ? -1 : 1);
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Json)[name] : undefined;
}

/** Reads an answer of `diff/links` as GeoJSON. */
export function readDifferences(answer: unknown): DifferencePage {
  const features = at(answer, "features");
  const streets: StreetDifference[] = [];
  let unknown = 0;
  for (const feature of Array.isArray(features) ? (features as unknown[]) : []) {
    const properties = at(feature, "properties");
    const id = at(properties, "id");
    const line = lineOf(at(feature, "geometry"));
    const speed = at(at(at(properties, "five_minutes"), "speed_km_h"), "value");
    const [before, after] = [number(at(speed, "before")), number(at(speed, "after"))];
    if (typeof id !== "string" || line === undefined) continue;
    if (before === undefined || after === undefined) unknown += 1;
    else streets.push({ id, line, before, after, change: after - before });
  }
  return { streets, unknown, cursor: cursorOf(at(answer, "next")) };
}

/** Of the address of the next page: below a replay that is not where it says. */
function cursorOf(next: unknown): string | undefined {
  if (typeof next !== "string") return undefined;
  return new URLSearchParams(next.split("?")[1]).get("cursor") ?? undefined;
}

function lineOf(geometry: unknown): [number, number][] | undefined {
  const points = at(geometry, "coordinates");
  const isPoint = (point: unknown): point is [number, number] =>
    Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  return Array.isArray(points) && points.length > 1 && points.every(isPoint) ? points : undefined;
}

/** A row of what differs in a what-if: means over the time that was played. */
export interface MeanDifference {
  readonly layer: string;
  readonly id: string;
  readonly looks: number;
  readonly before: number;
  readonly after: number;
  readonly difference: number;
}

/** The columns, as the first row names them; `undefined` where it does not. */
export function meanReader(
  header: readonly string[],
): ((row: readonly string[]) => (MeanDifference & { property: string }) | undefined) | undefined {
  const names = ["layer", "id", "property", "looks", "before", "after", "difference"];
  const places = names.map((name) => header.indexOf(name));
  if (places.includes(-1)) return undefined;
  return (row) => {
    const [layer = "", id = "", property = "", ...numbers] = places.map((p) => row[p] ?? "");
    if (numbers.includes("")) return undefined;
    const [looks = 0, before = 0, after = 0, difference = 0] = numbers.map(Number);
    const read = { layer, id, property, looks, before, after, difference };
    return [looks, before, after, difference].every(Number.isFinite) ? read : undefined;
  };
}

/** The largest of what comes, however much that is. */
export class Largest<T> {
  private kept: T[] = [];

  constructor(
    private readonly countMax: number,
    private readonly sizeOf: (one: T) => number,
  ) {}

  add(one: T): void {
    this.kept.push(one);
    // Sorted seldom: a city has a million rows.
    if (this.kept.length >= this.countMax * 8) this.cut();
  }

  /** Largest first. */
  all(): readonly T[] {
    this.cut();
    return this.kept;
  }

  private cut(): void {
    this.kept.sort((a, b) => this.sizeOf(b) - this.sizeOf(a));
    this.kept.length = Math.min(this.kept.length, this.countMax);
  }
}
