/**
 * Why a link's speed and emission are what they are, asked for while somebody looks. The stream does
 * not carry it: it is several times as long as the link itself.
 */

import type { Emission } from "tilanne-client";
import { isObject, number, objects, text } from "./json";

/** One source behind a speed. */
export interface Evidence {
  kind: string;
  speed_km_h: number;
  deviation_km_h: number;
  /** 0 to 1; all of a window are 1 together. */
  weight: number;
  count: number;
  note: string;
}

/** What a group of vehicles has to do with an emission; shares from 0 to 1. */
export interface GroupShare {
  group: string;
  vehicle_km: number;
  co2: number;
  nox: number;
  pm: number;
}

/** What an emission was computed from. */
export interface EmissionBasis {
  speed_km_h: number;
  stopped_share: number;
  /** Else it is the usual one of the speed. */
  stopped_measured: boolean;
  flow_veh_h: number;
  temperature_c: number;
  gradient_percent: number;
  /** Else it is taken as level. */
  gradient_known: boolean;
  studded_share: number;
  road_state: string;
  mix: string;
  /** Parts of the relative standard deviation of CO2. */
  sampling_percent: number;
  mix_percent: number;
  factor_percent: number;
  shares: GroupShare[];
}

export interface Explanation {
  minute: Evidence[];
  five_minutes: Evidence[];
  queues: string[];
  /** Missing where the flow is not known. */
  emission: Emission | undefined;
  basis: EmissionBasis | undefined;
}

export type Explained =
  { state: "loading" } | { state: "failed" } | { state: "ready"; explanation: Explanation };

/** A refusal must not make the page ask at every tick. */
const ASK_AGAIN_MS = 5_000;

/** Missing is nothing here: a share or a count that is left out is 0. */
function amount(value: unknown): number {
  return number(value) ?? 0;
}

function evidence(value: unknown): Evidence[] {
  return objects(value).map((one) => ({
    kind: text(one["kind"]) || "unspecified",
    speed_km_h: amount(one["speed_km_h"]),
    deviation_km_h: amount(one["deviation_km_h"]),
    weight: Math.min(1, Math.max(0, amount(one["weight"]))),
    count: amount(one["count"]),
    note: text(one["note"]),
  }));
}

/** An emission has what all of them have, or is none. */
function emissionOf(value: unknown): Emission | undefined {
  if (!isObject(value) || typeof value["id"] !== "string") return undefined;
  const windows = [value["minute"], value["five_minutes"]];
  const whole = windows.every((window) => isObject(window) && isObject(window["rates"]));
  return whole ? (value as unknown as Emission) : undefined;
}

function basisOf(value: unknown): EmissionBasis | undefined {
  if (!isObject(value)) return undefined;
  return {
    speed_km_h: amount(value["speed_km_h"]),
    stopped_share: amount(value["stopped_share"]),
    stopped_measured: value["stopped_measured"] === true,
    flow_veh_h: amount(value["flow_veh_h"]),
    temperature_c: amount(value["temperature_c"]),
    gradient_percent: amount(value["gradient_percent"]),
    gradient_known: value["gradient_known"] === true,
    studded_share: amount(value["studded_share"]),
    road_state: text(value["road_state"]),
    mix: text(value["mix"]),
    sampling_percent: amount(value["sampling_percent"]),
    mix_percent: amount(value["mix_percent"]),
    factor_percent: amount(value["factor_percent"]),
    shares: objects(value["shares"]).map((share) => ({
      group: text(share["group"]),
      vehicle_km: amount(share["vehicle_km"]),
      co2: amount(share["co2"]),
      nox: amount(share["nox"]),
      pm: amount(share["pm"]),
    })),
  };
}

/** Reads an answer; `undefined` when it is none. */
export function parseExplanation(answer: unknown): Explanation | undefined {
  if (!isObject(answer)) return undefined;
  const { minute, five_minutes, queues } = answer;
  const explained = isObject(answer["emission"]) ? answer["emission"] : {};
  if (!Array.isArray(minute) || !Array.isArray(five_minutes)) return undefined;
  const ids: unknown[] = Array.isArray(queues) ? queues : [];
  return {
    minute: evidence(minute),
    five_minutes: evidence(five_minutes),
    queues: ids.filter((id) => typeof id === "string"),
    emission: emissionOf(explained["emission"]),
    basis: basisOf(explained["basis"]),
  };
}

export class Explanations {
  private path = "";
  private version = 0;
  private askedMs = Number.NEGATIVE_INFINITY;
  private waiting = false;
  private known: Explained = { state: "loading" };

  /**
   * @param load gets JSON from a path of the server
   * @param monotonicMs the page's timer
   * @param changed called when an answer has come
   */
  constructor(
    private readonly load: (path: string) => Promise<unknown>,
    private readonly monotonicMs: () => number,
    private readonly changed: () => void,
  ) {}

  /**
   * What is known now of a link; asks when that is nothing, or of an older version. The old one
   * stays until the new one is there, so that the table does not flicker.
   */
  of(region: string, link: string, version: number): Explained {
    const path = `v1/regions/${encodeURIComponent(region)}/links/${encodeURIComponent(link)}/explain`;
    if (path !== this.path) {
      this.path = path;
      this.known = { state: "loading" };
      this.waiting = false;
      this.askedMs = Number.NEGATIVE_INFINITY;
    }
    const due = this.monotonicMs() - this.askedMs >= ASK_AGAIN_MS;
    const lacks = this.known.state !== "ready" || version !== this.version;
    if (lacks && due && !this.waiting) void this.ask(path, version);
    return this.known;
  }

  private async ask(path: string, version: number): Promise<void> {
    this.waiting = true;
    this.askedMs = this.monotonicMs();
    const answer = await this.load(path).catch(() => undefined);
    // Meanwhile somebody may have chosen another link.
    if (path !== this.path) return;
    const explanation = parseExplanation(answer);
    this.waiting = false;
    this.version = version;
    this.known = explanation === undefined ? { state: "failed" } : { state: "ready", explanation };
    this.changed();
  }
}
