/**
 * What the server is asked: one short list for each kind of thing, found by conditions on names. Pure.
 *
 * Letters that may differ become `_`, any character: the answer has too much rather than too little,
 * and what does not fit is left out here.
 */

import { VEHICLE_FIELDS } from "../stream/vehicle_fields";
import { INSIDE_FROM_LENGTH, isSearchable } from "./match";
import type { ThingKind } from "./things";

/** From here on the server is asked. */
export const ASKED_FROM_LENGTH = 2;
/** Longer texts are cut: what begins so is few enough, and a filter may have 2,000 bytes. */
const NAME_LENGTH_MAX = 40;
const CODE_LENGTH_MAX = 20;
/** From here on `a` also finds `ä` and `å`, and `o` finds `ö`: in shorter ones little would be left. */
const LOOSE_FROM_LENGTH = 4;
const LOOSE = /[aåäoö]/giu;
/** What means something in a pattern. */
const SIGNS = /[\\%_]/gu;

export interface Question {
  readonly kind: ThingKind;
  readonly path: string;
}

interface Asked {
  readonly filter: string;
  /** All without. */
  readonly fields?: readonly string[];
  readonly limit: number;
}

/** What to ask of a region; nothing for a text that is too short. */
export function questions(region: string, text: string): Question[] {
  const trimmed = text.trim().replace(/\s+/gu, " ");
  if (trimmed.length < ASKED_FROM_LENGTH || !isSearchable(trimmed)) return [];
  const name = trimmed.slice(0, NAME_LENGTH_MAX);
  const code = trimmed.slice(0, CODE_LENGTH_MAX);
  const station = any([inside("station.name", name), inside("id", code)]);
  const asked: Record<ThingKind, Asked> = {
    vehicles: {
      filter: any([
        ...VEHICLE_CODES.map((property) => begins(property, code)),
        // Inside of an id, two signs are inside of most.
        ...(code.length < INSIDE_FROM_LENGTH ? [] : [inside("id", code)]),
        inside("report.label", code),
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
      filter: station,
      fields: ["station.name", "station.tms_number", "station.position"],
      limit: 40,
    },
    weather: { filter: station, fields: ["station.name", "station.position"], limit: 40 },
    situations: {
      filter: any([
        ...["record.title", "record.description"].map((property) => inside(property, name)),
        ...["id", "record.informed_entities.stop_id"].map((property) => inside(property, code)),
      ]),
      fields: SITUATION_FIELDS,
      limit: 40,
    },
    stops: {
      filter: any([...named("name", name), begins("code", code), is("id", code)]),
      limit: 100,
    },
  };
  return Object.entries(asked).map(([kind, { filter, fields, limit }]) => {
    const query = new URLSearchParams({ filter, limit: String(limit) });
    if (fields !== undefined) query.set("fields", fields.join(","));
    const path = `v1/regions/${encodeURIComponent(region)}/${kind}?${query.toString()}`;
    return { kind: kind as ThingKind, path };
  });
}

const VEHICLE_CODES = ["route_short_name", "trip.route_id", "stop_id", "next_stop_id"].map(
  (field) => `report.${field}`,
);
const SITUATION_FIELDS = ["title", "description", "type", "phase", "end_time_ms", "geometry"]
  .concat(["municipality", "informed_entities"])
  .map((field) => `record.${field}`);

/** Conditions on a name: at the beginning of words, and from some letters on anywhere in it. */
function named(property: string, name: string): string[] {
  if (name.length >= INSIDE_FROM_LENGTH) return [inside(property, name)];
  return [begins(property, name), like(property, `% ${written(name)}%`)];
}

function begins(property: string, text: string): string {
  return like(property, `${written(text)}%`);
}

function inside(property: string, text: string): string {
  return like(property, `%${written(text)}%`);
}

function is(property: string, text: string): string {
  return like(property, written(text));
}

/** Capitals and small letters are the same. */
function like(property: string, pattern: string): string {
  return `CASEI(${property}) LIKE CASEI('${pattern.replaceAll("'", "''")}')`;
}

function any(conditions: readonly string[]): string {
  return conditions.join(" OR ");
}

/** A text in a pattern: signs are signs, and letters that may differ are any character. */
function written(text: string): string {
  const plain = text.replace(SIGNS, "\\$&");
  return text.length >= LOOSE_FROM_LENGTH ? plain.replace(LOOSE, "_") : plain;
}
