/** What came of a what-if: its largest differences, read as the server writes them. */

import type { Position } from "tilanne-client";
import type { Source } from "../../stream/source";
import { csvRows } from "../../time/csv";
import { Largest, meanReader } from "../../time/differences";
import type { MeanDifference } from "../../time/differences";
import type { Replay } from "../../time/replay";

/** Of each measure so many are kept. */
const LARGEST_MAX = 20;
/** A city has a million rows; more than this is not read. */
const BYTES_MAX = 64 * 1024 * 1024;
/** Less than this comes of the order of sums, not of the change. */
const LEAST = 1e-3;

/** Of the numbers that are compared, those that say something to people. */
export const MEASURES = {
  street_speed: ["links", "five_minutes.speed_km_h.value"],
  street_delay: ["links", "five_minutes.delay_s"],
  street_flow: ["links", "five_minutes.flow_veh_h.value"],
  street_co2: ["link_emissions", "five_minutes.rates.co2_fossil.value"],
  area_speed: ["areas", "speed_km_h"],
  area_delay: ["areas", "delay_veh_h_h"],
} as const;
export type MeasureName = keyof typeof MEASURES;
export const MEASURE_NAMES = Object.keys(MEASURES) as readonly MeasureName[];

export interface MeasureResult {
  readonly largest: readonly MeanDifference[];
  /** All that there are. */
  readonly count: number;
}

/** What is known of a street or an area. */
export interface Known {
  readonly name: string | undefined;
  readonly place: Position | undefined;
}

export interface Results {
  readonly measures: ReadonlyMap<MeasureName, MeasureResult>;
  /** What streets and areas are called and where they are, by their ids. */
  readonly known: ReadonlyMap<string, Known>;
  /** The table was longer than what is read. */
  readonly isCut: boolean;
}

/** Reads them row by row: only the largest are kept. */
export async function readResults(
  root: Source,
  { id, regions }: Replay,
  signal: AbortSignal,
): Promise<Results> {
  const url = new URL(`v1/replays/${id}/differences`, root.url);
  const response = await fetch(url, { signal, headers: { Accept: "text/csv" } });
  if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
  const kept = MEASURE_NAMES.map((name) => {
    const largest = new Largest<MeanDifference>(LARGEST_MAX, (one) => Math.abs(one.difference));
    return { name, largest, count: 0, of: MEASURES[name].join(" ") };
  });
  const byProperty = new Map(kept.map((one) => [one.of, one]));
  const { body } = response;
  let read: ReturnType<typeof meanReader>;
  const outcome = { isCut: false };
  for await (const row of csvRows(body, BYTES_MAX, () => (outcome.isCut = true))) {
    if (read === undefined) {
      read = meanReader(row);
      if (read === undefined) throw new Error("CSV");
      continue;
    }
    const mean = read(row);
    const measure = mean && byProperty.get(`${mean.layer} ${mean.property}`);
    if (mean === undefined || measure === undefined || Math.abs(mean.difference) < LEAST) continue;
    measure.count += 1;
    measure.largest.add(mean);
  }
  const measures = kept.map(({ name, largest, count }) => {
    return [name, { largest: largest.all(), count }] as const;
  });
  const all = kept.flatMap(({ largest }) => largest.all());
  const ids = (areas: boolean): string[] => {
    const some = all.filter(({ layer }) => (layer === "areas") === areas);
    return [...new Set(some.map(({ id }) => id))];
  };
  const [region = ""] = regions;
  const known = [
    ...(await ask(root, `v1/regions/${region}/links`, ids(false), "id,name,line", signal)),
    ...(await ask(root, `v1/regions/${region}/areas`, ids(true), "id,name", signal)),
  ];
  return { measures: new Map(measures), known: new Map(known), isCut: outcome.isCut };
}

/** Asks the live picture; of what is not in it only the id is known. */
async function ask(
  root: Source,
  path: string,
  ids: readonly string[],
  fields: string,
  signal: AbortSignal,
): Promise<[string, Known][]> {
  if (ids.length === 0) return [];
  const query = new URLSearchParams({ ids: ids.join(","), fields, format: "json" });
  const answer = await root.get(`${path}?${query.toString()}`, signal).catch(() => undefined);
  const objects = (answer as { objects?: unknown } | undefined)?.objects;
  return (Array.isArray(objects) ? (objects as unknown[]) : []).flatMap(
    (object): [string, Known][] => {
      const { id, name, line } = (object ?? {}) as Record<string, unknown>;
      if (typeof id !== "string") return [];
      const place = Array.isArray(line) ? (line as Position[])[0] : undefined;
      return [[id, { name: typeof name === "string" && name !== "" ? name : undefined, place }]];
    },
  );
}
