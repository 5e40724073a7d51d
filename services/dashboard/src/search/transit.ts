/** Finds vehicles, lines, which are known by the vehicles on them, and stops. Pure. */

import type { Position, Stop } from "tilanne-client";
import { lengthM, toMercator } from "../map/geography";
import type { Found, Search } from "./found";
import { EXACT, RELATED, best } from "./match";
import type { VehicleThing } from "./things";
import { each } from "./things";

/** The part of an id that the publisher gave. */
export function entity(id: string): string {
  return id.slice(id.indexOf(":") + 1);
}

/** What passengers call the line; the id of the route where that is not known. */
function lineOf({ report }: VehicleThing): string | undefined {
  return report.route_short_name || report.trip?.route_id || undefined;
}

export function findVehicles(search: Search): Found[] {
  const { typed, speech } = search;
  const found: Found[] = [];
  for (const vehicle of each(search.things.map(({ vehicles }) => vehicles))) {
    const { id, report } = vehicle;
    const line = lineOf(vehicle);
    const ofLine = line !== undefined && typed.rank(line) === EXACT ? RELATED : undefined;
    const rank = best([typed.bestRank([entity(id), id, report.label]), ofLine]);
    if (rank === undefined) continue;
    const way = report.headsign ? `→ ${report.headsign}` : "";
    const route = [line ?? "", way].filter(Boolean).join(" ");
    found.push({
      key: `vehicle:${id}`,
      kind: "vehicle",
      name: report.label || entity(id),
      note: [speech.word("mode", report.mode ?? "unspecified"), route].filter(Boolean).join(", "),
      rank,
      goal: { selection: { layer: "vehicles", id }, place: report.position ?? undefined },
    });
  }
  return found;
}

/** Lines with a vehicle on them, each once for a mode; goes to the nearest vehicle. */
export function findLines(search: Search): Found[] {
  const { typed, speech, say } = search;
  const lines = new Map<string, { name: string; mode: string; on: VehicleThing[] }>();
  for (const vehicle of each(search.things.map(({ vehicles }) => vehicles))) {
    const name = lineOf(vehicle);
    if (name === undefined) continue;
    const mode = vehicle.report.mode ?? "unspecified";
    const key = `line:${mode}:${name}`;
    const line = lines.get(key) ?? { name, mode, on: [] };
    lines.set(key, line);
    line.on.push(vehicle);
  }
  return [...lines].flatMap(([key, { name, mode, on }]): Found[] => {
    // Ids of routes begin alike and say little: one has to be typed in full.
    const routes = new Set(on.map(({ report }) => report.trip?.route_id ?? ""));
    const isRoute = [...routes].some((route) => typed.rank(route) === EXACT);
    const rank = best([typed.rank(name), isRoute ? EXACT : undefined]);
    if (rank === undefined) return [];
    const note = [speech.word("mode", mode), vehicles(search, on.length)];
    if (on.length > 1) note.push(say("to_nearest"));
    return [{ key, kind: "line", name, note: note.join(", "), rank, goal: nearest(search, on) }];
  });
}

/** A stop as far as it is known: by what the server says of it, and by who is there or on the way. */
interface KnownStop {
  stop: Stop | undefined;
  readonly at: VehicleThing[];
  readonly later: VehicleThing[];
}

/**
 * Stops that the server names, and those that a vehicle is at or heads for. The latter alone are known
 * by their ids where the server has no stops, and gone to where a vehicle stands at them, else one on
 * its way.
 */
export function findStops(search: Search): Found[] {
  const { typed, say } = search;
  const found: Found[] = [];
  for (const [id, { stop, at, later }] of knownStops(search)) {
    const rank = typed.bestRank([stop?.name, stop?.code, id]);
    if (rank === undefined) continue;
    const counts = [
      at.length > 0 ? say("stop_at", { vehicles: vehicles(search, at.length) }) : "",
      later.length > 0 ? say("stop_next", { vehicles: vehicles(search, later.length) }) : "",
    ];
    const name = stop?.name || id;
    const ids = [stop?.code ?? "", id].filter((other) => other !== name);
    found.push({
      key: `stop:${id}`,
      kind: "stop",
      name,
      note: [...ids, ...counts].filter(Boolean).join(", "),
      rank,
      goal:
        stop === undefined
          ? nearest(search, at.length > 0 ? at : later)
          : { place: stop, placeName: name },
    });
  }
  return found;
}

function knownStops(search: Search): Map<string, KnownStop> {
  const stops = new Map<string, KnownStop>();
  const known = (id: string): KnownStop => {
    const stop = stops.get(id) ?? { stop: undefined, at: [], later: [] };
    stops.set(id, stop);
    return stop;
  };
  for (const stop of each(search.things.map(({ stops: one }) => one))) known(stop.id).stop = stop;
  for (const vehicle of each(search.things.map(({ vehicles: one }) => one))) {
    const { stop_id: stop, next_stop_id: next } = vehicle.report;
    if (stop) known(stop).at.push(vehicle);
    if (next && next !== stop) known(next).later.push(vehicle);
  }
  return stops;
}

function vehicles({ speech, say }: Search, count: number): string {
  return count === 1 ? say("vehicle") : say("vehicles", { n: speech.number(count) });
}

/** The vehicle that is nearest to where the map looks; one without a place only if all have none. */
function nearest({ centre }: Search, on: readonly VehicleThing[]): Found["goal"] {
  const away = (place: Position | null | undefined): number =>
    place ? lengthM(toMercator(centre), toMercator(place)) : Number.POSITIVE_INFINITY;
  const [first] = [...on].sort((a, b) => {
    const difference = away(a.report.position) - away(b.report.position);
    return difference || (a.id < b.id ? -1 : 1);
  });
  if (first === undefined) return {};
  const { id, report } = first;
  return { selection: { layer: "vehicles", id }, place: report.position ?? undefined };
}
