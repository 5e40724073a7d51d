/** Messages of `/v1/stream`, and the door at which what the server says is checked. */

import type { Layer, LayerObjects, Origin } from "./model.js";
import { LAYERS } from "./model.js";
import type { Problem } from "./problem.js";
import type { EventSelection, Selection } from "./selection.js";

export type ClientMessage =
  | ({ type: "subscribe"; id: string; resume?: string } & Selection)
  | ({ type: "subscribe_events"; id: string } & EventSelection)
  | { type: "unsubscribe"; id: string };

export type Objects = { [L in Layer]?: LayerObjects[L][] };

/**
 * Why an object is gone: it `left` what is subscribed to, it was not heard of any more, its
 * publisher took it back, or it is over. `replaced`: it was not in a snapshot that came instead of
 * the changes. A newer server may know other reasons.
 */
export type RemovalReason =
  "left" | "expired" | "retracted" | "ended" | "replaced" | (string & Record<never, never>);

export interface Removal {
  id: string;
  reason: RemovalReason;
}

interface Stamp {
  /** The subscription. */
  id: string;
  region: string;
  epoch: string;
  /** To where this brings the subscription; null while the region's log is empty. */
  sequence: number | null;
  /** To resume from here; missing while there is more of the same to come. */
  cursor: string | undefined;
  time_ms: number;
  lag_ms: number;
  coalesced: number;
  more: boolean;
}

export interface SnapshotMessage extends Stamp {
  type: "snapshot";
  origin: Origin;
  /** `subscribed`, `other_log`, `other_selection`, `history_over`. */
  reason: string;
  objects: Objects;
}

export interface DeltaMessage extends Stamp {
  type: "delta";
  /** Sequence of the message before this one; another than ours means that one was missed. */
  previous: number | null;
  updated: Objects;
  removed: { [L in Layer]?: Removal[] };
}

/** An event as received and checked, in the envelope of CloudEvents 1.0. */
export interface CloudEvent {
  specversion: string;
  /** Unique with `source`. */
  id: string;
  source: string;
  /** `tilanne.v1.` and the kind of the event. */
  type: string;
  subject: string;
  /** When it was true. */
  time?: string;
  datacontenttype: string;
  /** Place in the region's log, as text whose order is that of the log. */
  sequence: string;
  data: EventData;
}

/** Besides these, exactly one kind of event under its name, such as `vehicle_position`. */
export interface EventData {
  feed: string;
  region: string;
  entity: string;
  event_time_ms: number;
  received_time_ms: number;
  verdicts: string[];
  provenance: { source: string; format: string };
  [kind: string]: unknown;
}

export interface EventsMessage {
  type: "events";
  id: string;
  region: string;
  epoch: string;
  cursor: string;
  time_ms: number;
  lag_ms: number;
  events: CloudEvent[];
}

export interface ErrorMessage {
  type: "error";
  id: string | undefined;
  problem: Problem;
}

export type ServerMessage = SnapshotMessage | DeltaMessage | EventsMessage | ErrorMessage;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sequence(value: unknown): number | null | undefined {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : undefined;
}

function hasId(entry: unknown): boolean {
  return isObject(entry) && typeof entry["id"] === "string";
}

/** Keeps, of each layer, the entries that have an id. */
function byLayer<T>(value: unknown): T {
  const layers: Json = {};
  if (!isObject(value)) return layers as T;
  for (const layer of LAYERS) {
    const entries = value[layer];
    if (Array.isArray(entries)) layers[layer] = entries.filter(hasId);
  }
  return layers as T;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function problemOf(value: unknown): Problem {
  const problem = isObject(value) ? value : {};
  return {
    type: text(problem["type"]),
    title: text(problem["title"]),
    status: count(problem["status"]),
    detail: text(problem["detail"]),
  };
}

function parse(frame: string): Json | undefined {
  try {
    const message: unknown = JSON.parse(frame);
    return isObject(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** Reads one text frame; `undefined` when it is no message of this protocol. */
export function parseServerMessage(frame: string): ServerMessage | undefined {
  const message = parse(frame);
  if (message === undefined) return undefined;
  const { id, region, epoch, time_ms, cursor } = message;
  if (message["type"] === "error") {
    const of = typeof id === "string" ? id : undefined;
    return { type: "error", id: of, problem: problemOf(message["problem"]) };
  }
  const stamped =
    typeof id === "string" &&
    typeof region === "string" &&
    typeof epoch === "string" &&
    typeof time_ms === "number";
  if (!stamped) return undefined;
  const lag_ms = count(message["lag_ms"]);
  if (message["type"] === "events") {
    const { events } = message;
    if (typeof cursor !== "string" || !Array.isArray(events)) return undefined;
    const known = events.filter(hasId) as CloudEvent[];
    return { type: "events", id, region, epoch, time_ms, lag_ms, cursor, events: known };
  }
  const ours = sequence(message["sequence"]);
  if (ours === undefined) return undefined;
  const stamp: Stamp = {
    id,
    region,
    epoch,
    time_ms,
    lag_ms,
    sequence: ours,
    cursor: typeof cursor === "string" ? cursor : undefined,
    coalesced: count(message["coalesced"]),
    more: message["more"] === true,
  };
  switch (message["type"]) {
    case "snapshot": {
      const origin = message["origin"];
      return {
        ...stamp,
        type: "snapshot",
        // An origin that is not known here must not pass for live.
        origin: origin === "live" || origin === "demo" ? origin : "replay",
        reason: text(message["reason"]),
        objects: byLayer<Objects>(message["objects"]),
      };
    }
    case "delta": {
      const previous = sequence(message["previous"]);
      if (previous === undefined) return undefined;
      return {
        ...stamp,
        type: "delta",
        previous,
        updated: byLayer<Objects>(message["updated"]),
        removed: byLayer<DeltaMessage["removed"]>(message["removed"]),
      };
    }
    default:
      return undefined;
  }
}
