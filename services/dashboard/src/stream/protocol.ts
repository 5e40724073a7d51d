/** Messages of `/v1/stream`, and the door at which what the server says is checked. */

import type { Box, Layer, LayerObjects, Origin } from "./model";
import { LAYERS } from "./model";

export type ClientMessage =
  | { type: "subscribe"; id: string; region: string; layers: readonly Layer[]; bbox: Box }
  | { type: "unsubscribe"; id: string };

export type Objects = { [L in Layer]?: LayerObjects[L][] };

export interface Removal {
  id: string;
  reason: string;
}

export interface SnapshotMessage {
  type: "snapshot";
  id: string;
  region: string;
  epoch: string;
  /** Missing while the region's log is empty. */
  sequence: number | null;
  origin: Origin;
  time_ms: number;
  objects: Objects;
}

export interface DeltaMessage {
  type: "delta";
  id: string;
  region: string;
  epoch: string;
  /** Sequence of the message before this one; another than ours means that one was missed. */
  previous: number | null;
  sequence: number | null;
  time_ms: number;
  updated: Objects;
  removed: { [L in Layer]?: Removal[] };
}

export interface ErrorMessage {
  type: "error";
  problem: { type: string; title: string; status: number; detail: string };
}

export type ServerMessage = SnapshotMessage | DeltaMessage | ErrorMessage;

type Json = Record<string, unknown>;

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sequence(value: unknown): number | null | undefined {
  if (value === null || value === undefined) return null;
  return typeof value === "number" ? value : undefined;
}

/** Keeps, of each layer, the entries that have an id. */
function byLayer<T>(value: unknown): T {
  const layers: Json = {};
  if (!isObject(value)) return layers as T;
  for (const layer of LAYERS) {
    const entries = value[layer];
    if (!Array.isArray(entries)) continue;
    layers[layer] = entries.filter((entry) => isObject(entry) && typeof entry["id"] === "string");
  }
  return layers as T;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function problemOf(value: unknown): ErrorMessage["problem"] {
  const problem = isObject(value) ? value : {};
  const status = problem["status"];
  return {
    type: text(problem["type"]),
    title: text(problem["title"]),
    status: typeof status === "number" ? status : 0,
    detail: text(problem["detail"]),
  };
}

/** Reads one text frame; `undefined` when it is no message of this protocol. */
export function parseServerMessage(frame: string): ServerMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  if (message["type"] === "error") return { type: "error", problem: problemOf(message["problem"]) };
  const { id, region, epoch, time_ms } = message;
  const ours = sequence(message["sequence"]);
  const stamped =
    typeof id === "string" &&
    typeof region === "string" &&
    typeof epoch === "string" &&
    typeof time_ms === "number" &&
    ours !== undefined;
  if (!stamped) return undefined;
  const common = { id, region, epoch, time_ms, sequence: ours };
  switch (message["type"]) {
    case "snapshot": {
      const origin = message["origin"];
      return {
        ...common,
        type: "snapshot",
        // An origin that this page does not know must not pass for live.
        origin: origin === "live" || origin === "demo" ? origin : "replay",
        objects: byLayer<Objects>(message["objects"]),
      };
    }
    case "delta": {
      const previous = sequence(message["previous"]);
      if (previous === undefined) return undefined;
      return {
        ...common,
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
