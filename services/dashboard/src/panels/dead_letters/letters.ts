/** Dead letters as the server gives them, and their payload as it may be shown. Pure. */

import type { Json } from "../../json";
import { number, text } from "../../json";
import type { Page } from "../pages";

/** A record that was rejected or quarantined. */
export interface Letter {
  readonly offset: number;
  readonly feed: string;
  readonly source: string;
  readonly topic: string;
  readonly received_time_ms: number;
  readonly outcome: string;
  readonly reason: string;
  readonly field: string;
  readonly message: string;
  /** Missing where it is no text. */
  readonly payload: string | undefined;
  readonly payload_base64: string | undefined;
}

/** A page of letters, newest first. */
export interface LetterPage extends Page {
  readonly letters: readonly Letter[];
}

/** Letters of a page. */
export const PAGE_LETTERS = 50;
/** Letters that are read to find those of one feed. */
const READ_LETTERS = 1_000;

/** Path of the question for the newest. */
export function lettersPath(region: string, feed: string | undefined): string {
  const limit = feed === undefined ? PAGE_LETTERS : READ_LETTERS;
  const of = feed === undefined ? "" : `&feed=${encodeURIComponent(feed)}`;
  return `v1/regions/${encodeURIComponent(region)}/dead-letters?limit=${limit}${of}`;
}

function letterOf(value: unknown): Letter[] {
  if (typeof value !== "object" || value === null) return [];
  const one = value as Json;
  const [offset, received_time_ms] = [number(one["offset"]), number(one["received_time_ms"])];
  if (offset === undefined || received_time_ms === undefined) return [];
  const { payload, payload_base64 } = one;
  return [
    {
      offset,
      received_time_ms,
      feed: text(one["feed"]),
      source: text(one["source"]),
      topic: text(one["topic"]),
      outcome: text(one["outcome"]),
      reason: text(one["reason"]),
      field: text(one["field"]),
      message: text(one["message"]),
      payload: typeof payload === "string" ? payload : undefined,
      payload_base64: typeof payload_base64 === "string" ? payload_base64 : undefined,
    },
  ];
}

/** Reads an answer, at most a page of it; `undefined` when it is none. */
export function parsePage(answer: unknown): LetterPage | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const { letters: all, first, more } = answer as Json;
  if (!Array.isArray(all)) return undefined;
  const letters = all.flatMap(letterOf);
  const shown = letters.slice(0, PAGE_LETTERS);
  if (shown.length < letters.length) return { letters: shown, before: shown.at(-1)?.offset };
  return { letters: shown, before: more === true ? number(first) : undefined };
}

/** Characters of a text that are shown, and bytes of what is none. */
export const TEXT_MAX = 400;
export const BYTES_MAX = 128;
const BYTES_A_LINE = 16;

export interface Payload {
  readonly kind: "text" | "hex" | "empty";
  readonly shown: string;
  /** Bytes of all of it, and of what is shown. */
  readonly bytes: number;
  readonly bytesShown: number;
}

/** Control characters but tab and ends of lines, surrogates alone, and marks that turn the text round. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/;

function hex(bytes: Uint8Array): string {
  const pairs = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const lines = [];
  for (let at = 0; at < pairs.length; at += BYTES_A_LINE) {
    lines.push(pairs.slice(at, at + BYTES_A_LINE).join(" "));
  }
  return lines.join("\n");
}

function hexPayload(bytes: Uint8Array, size: number): Payload {
  const shown = bytes.subarray(0, BYTES_MAX);
  return { kind: "hex", shown: hex(shown), bytes: size, bytesShown: shown.length };
}

/** The beginning of a payload, as text where all of that can be read, else as bytes. */
export function payloadOf({ payload, payload_base64 }: Letter): Payload {
  const encoder = new TextEncoder();
  if (payload !== undefined) {
    if (payload === "") return { kind: "empty", shown: "", bytes: 0, bytesShown: 0 };
    const bytes = encoder.encode(payload);
    const shown = [...payload.slice(0, TEXT_MAX * 2)].slice(0, TEXT_MAX).join("");
    if (UNPRINTABLE.test(shown)) return hexPayload(bytes, bytes.length);
    const bytesShown = encoder.encode(shown).length;
    return { kind: "text", shown, bytes: bytes.length, bytesShown };
  }
  const base64 = payload_base64 ?? "";
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  const size = Math.max(0, (base64.length / 4) * 3 - padding);
  if (size === 0) return { kind: "empty", shown: "", bytes: 0, bytesShown: 0 };
  const head = base64.slice(0, Math.ceil(BYTES_MAX / 3) * 4);
  const bytes = Uint8Array.from(atob(head), (sign) => sign.charCodeAt(0));
  return hexPayload(bytes, size);
}
