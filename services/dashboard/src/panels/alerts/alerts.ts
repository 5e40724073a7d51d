/** Alerts as the server gives them. Pure. */

import type { Json } from "../../json";
import { isObject, number, objects, text } from "../../json";
import type { Page } from "../pages";

/** What can be wrong, by the server's names. */
export const KINDS = ["queue", "contradiction", "feed", "ledger"] as const;
export type AlertKind = (typeof KINDS)[number];

/** Something that has been wrong for as long as its region says, or right again for as long. */
export interface Alert {
  readonly offset: number;
  readonly kind: AlertKind;
  readonly is_over: boolean;
  readonly object_id: string;
  readonly time_ms: number;
  readonly since_ms: number;
  /** In English. */
  readonly message: string;
  readonly place: { readonly longitude_deg: number; readonly latitude_deg: number } | undefined;
  readonly length_m: number | undefined;
  readonly delay_s: number | undefined;
}

/** A page of alerts, newest first. */
export interface AlertPage extends Page {
  readonly alerts: readonly Alert[];
}

/** Alerts of a page. */
export const PAGE_ALERTS = 50;

/** Path of the question for the newest. */
export function alertsPath(region: string): string {
  return `v1/regions/${encodeURIComponent(region)}/alerts?limit=${PAGE_ALERTS}`;
}

function placeOf(value: unknown): Alert["place"] {
  const [longitude_deg, latitude_deg] = Array.isArray(value) ? value.map(number) : [];
  if (longitude_deg === undefined || latitude_deg === undefined) return undefined;
  return { longitude_deg, latitude_deg };
}

/** None where the kind is not known: a newer server may have more. */
function alertOf(one: Json): Alert[] {
  const [offset, time_ms] = [number(one["offset"]), number(one["time_ms"])];
  const kind = KINDS.find((known) => known === one["kind"]);
  if (offset === undefined || time_ms === undefined || kind === undefined) return [];
  return [
    {
      offset,
      kind,
      time_ms,
      is_over: one["is_over"] === true,
      object_id: text(one["object_id"]),
      since_ms: number(one["since_ms"]) ?? time_ms,
      message: text(one["message"]),
      place: placeOf(one["position"]),
      length_m: number(one["length_m"]),
      delay_s: number(one["delay_s"]),
    },
  ];
}

/** Reads an answer; `undefined` when it is none. */
export function parseAlerts(answer: unknown): AlertPage | undefined {
  if (!isObject(answer) || !Array.isArray(answer["alerts"])) return undefined;
  const alerts = objects(answer["alerts"]).flatMap(alertOf);
  return { alerts, before: answer["more"] === true ? number(answer["first"]) : undefined };
}
