/** What is in view as rows of text: what the map shows of each object, the worst first. Pure. */

import type { Emission, Link } from "tilanne-client";
import type { Measure } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { isCell } from "../../map/boundaries";
import type { InView, MapLayerName } from "../panel";
import { areaEmissionRows, areaRows } from "./areas";
import { situationRows } from "./situations";
import { detectorRows, weatherRows } from "./stations";
import { linkEmissionRows, linkRows, queueRows } from "./streets";
import { vehicleRows } from "./vehicles";

/** A longer table helps nobody, and would cost each second. */
const MAX_ROWS = 60;

export interface Row {
  id: string;
  name: string;
  state: string;
  timeMs: number;
}

export interface Rows {
  /** The worst, at most so many as a reader goes through. */
  rows: Row[];
  /** How many there are to list. */
  total: number;
}

/** What streets and areas are coloured by when that is an emission. */
export interface ShownEmission {
  measure: Measure;
  links: ReadonlyMap<string, Emission>;
  areas: ReadonlyMap<string, Emission>;
}

/** An object that can be listed, and how bad it is: the greater, the further up. */
export interface Listed {
  id: string;
  badness: number;
  /** Where two are as bad: what comes first in the alphabet. */
  name: string;
  row(): Omit<Row, "id" | "name">;
}

function worstFirst(speech: Speech, all: Listed[]): Rows {
  const { compare } = new Intl.Collator(speech.language, { numeric: true });
  all.sort((a, b) => b.badness - a.badness || compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
  const rows = all.slice(0, MAX_ROWS).map(({ id, name, row }) => ({ id, name, ...row() }));
  return { rows, total: all.length };
}

/** Parts of a state, those that are known. */
export function parts(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== "").join(", ");
}

export function rowsOf(
  speech: Speech,
  layer: MapLayerName,
  inView: InView,
  nowMs: number,
  links: ReadonlyMap<string, Link>,
  emission?: ShownEmission,
): Rows {
  const areas = layer === "districts" ? inView.districts : inView.areas.filter(isCell);
  const areasListed = (): Listed[] =>
    emission === undefined
      ? areaRows(speech, areas, nowMs)
      : areaEmissionRows(speech, areas, emission);
  const listed = {
    vehicles: () => vehicleRows(speech, inView.vehicles, nowMs),
    detectors: () => detectorRows(speech, inView.detectors, nowMs),
    weather: () => weatherRows(speech, inView.weather, nowMs),
    situations: () => situationRows(speech, inView.situations),
    links: () =>
      emission === undefined
        ? linkRows(speech, inView.links, nowMs)
        : linkEmissionRows(speech, inView.links, emission),
    queues: () => queueRows(speech, inView.queues, links),
    areas: areasListed,
    districts: areasListed,
  }[layer]();
  return worstFirst(speech, listed);
}
