/**
 * What the server is asked: one short list for each layer, found by conditions on names. Pure.
 *
 * `LIKE` on the server tells capitals from small letters and has no sign that makes `%` or `_` a
 * plain one. So a text is asked for in the few ways that names are written, and signs and letters
 * that may differ become `_`, any character: the answer has too much rather than too little, and
 * what does not fit is left out here.
 */

import { INSIDE_FROM_LENGTH, isSearchable } from "./match";
import type { ThingLayer } from "./things";

/** From here on the server is asked. */
export const ASKED_FROM_LENGTH = 2;
/** Longer texts are cut: what begins so is few enough, and a filter may have 2,000 bytes. */
const NAME_LENGTH_MAX = 40;
const CODE_LENGTH_MAX = 20;
/** From here on `a` also finds `ä` and `å`, and `o` finds `ö`: in shorter ones little would be left. */
const LOOSE_FROM_LENGTH = 4;
const LOOSE = /[aåäoö]/giu;

export interface Question {
  readonly layer: ThingLayer;
  readonly path: string;
}

interface Asked {
  readonly filter: string;
  readonly fields: readonly string[];
  readonly limit: number;
}

/** What to ask of a region; nothing for a text that is too short. */
export function questions(region: string, text: string): Question[] {
  const trimmed = text.trim().replace(/\s+/gu, " ");
  if (trimmed.length < ASKED_FROM_LENGTH || !isSearchable(trimmed)) return [];
  const name = trimmed.slice(0, NAME_LENGTH_MAX);
  const code = trimmed.slice(0, CODE_LENGTH_MAX);
  const asked: Record<ThingLayer, Asked> = {
    vehicles: {
      filter: any([
        ...VEHICLE_CODES.flatMap((property) => begins(property, codes(code))),
        // Inside of an id, two signs are inside of most.
        ...(code.length < INSIDE_FROM_LENGTH ? [] : contains("id", codes(code))),
        ...contains("report.label", codes(code)),
      ]),
      fields: VEHICLE_FIELDS,
      limit: 300,
    },
    links: { filter: any(named("name", name)), fields: ["name", "line"], limit: 400 },
    areas: {
      filter: `kind <> 'cell' AND (${any(named("name", name))})`,
      fields: ["name", "kind"],
      limit: 40,
    },
    detectors: {
      filter: any([...contains("station.name", names(name)), ...contains("id", codes(code))]),
      fields: ["station.name", "station.tms_number", "station.position"],
      limit: 40,
    },
    weather: {
      filter: any([...contains("station.name", names(name)), ...contains("id", codes(code))]),
      fields: ["station.name", "station.position"],
      limit: 40,
    },
    situations: {
      filter: any([
        ...["record.title", "record.description"].flatMap((property) =>
          contains(property, names(name)),
        ),
        ...["id", "record.informed_entities.stop_id"].flatMap((property) =>
          contains(property, [code]),
        ),
      ]),
      fields: SITUATION_FIELDS,
      limit: 40,
    },
  };
  return Object.entries(asked).map(([layer, { filter, fields, limit }]) => {
    const query = new URLSearchParams({ filter, fields: fields.join(","), limit: String(limit) });
    const path = `v1/regions/${encodeURIComponent(region)}/${layer}?${query.toString()}`;
    return { layer: layer as ThingLayer, path };
  });
}

const VEHICLE_CODES = ["route_short_name", "trip.route_id", "stop_id", "next_stop_id"].map(
  (field) => `report.${field}`,
);
const VEHICLE_FIELDS = ["route_short_name", "label", "mode", "headsign", "position"]
  .concat(["stop_id", "next_stop_id", "trip.route_id"])
  .map((field) => `report.${field}`);

const SITUATION_FIELDS = ["title", "description", "type", "phase", "end_time_ms", "geometry"]
  .concat(["municipality", "informed_entities"])
  .map((field) => `record.${field}`);

/** Conditions on a name: at the beginning of words, and from some letters on anywhere in it. */
function named(property: string, name: string): string[] {
  if (name.length >= INSIDE_FROM_LENGTH) return contains(property, names(name));
  const words = names(name).map((way) => like(property, `% ${way}%`));
  return [...begins(property, names(name)), ...words];
}

function begins(property: string, ways: readonly string[]): string[] {
  return ways.map((way) => like(property, `${way}%`));
}

function contains(property: string, ways: readonly string[]): string[] {
  return ways.map((way) => like(property, `%${way}%`));
}

function like(property: string, pattern: string): string {
  return `${property} LIKE '${pattern.replaceAll("'", "''")}'`;
}

function any(conditions: readonly string[]): string {
  return conditions.join(" OR ");
}

/** Ways to write a name: as typed, small, with the first letter large, or that of each word. */
function names(text: string): string[] {
  const small = text.toLowerCase();
  const ways = [text, small, first(small), small.split(" ").map(first).join(" ")];
  const loose = text.length >= LOOSE_FROM_LENGTH;
  return distinct(ways.map((way) => (loose ? way.replace(LOOSE, "_") : way)));
}

/** Ways to write a code: as typed, small, or large. */
function codes(text: string): string[] {
  return distinct([text, text.toLowerCase(), text.toUpperCase()]);
}

function first(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function distinct(ways: readonly string[]): string[] {
  return [...new Set(ways.map((way) => way.replaceAll("%", "_")))];
}
