/**
 * Why a link's speed is what it is, asked for while somebody looks. The stream does not carry it:
 * it is several times as long as the link itself.
 */

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

export interface Explanation {
  minute: Evidence[];
  five_minutes: Evidence[];
  queues: string[];
}

export type Explained =
  { state: "loading" } | { state: "failed" } | { state: "ready"; explanation: Explanation };

/** A refusal must not make the page ask at every tick. */
const ASK_AGAIN_MS = 5_000;

type Json = Record<string, unknown>;

function list(value: unknown): Json[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.filter((one): one is Json => typeof one === "object" && one !== null);
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function evidence(value: unknown): Evidence[] {
  return list(value).map((one) => ({
    kind: typeof one["kind"] === "string" ? one["kind"] : "unspecified",
    speed_km_h: number(one["speed_km_h"]),
    deviation_km_h: number(one["deviation_km_h"]),
    weight: Math.min(1, Math.max(0, number(one["weight"]))),
    count: number(one["count"]),
    note: typeof one["note"] === "string" ? one["note"] : "",
  }));
}

/** Reads an answer; `undefined` when it is none. */
export function parseExplanation(answer: unknown): Explanation | undefined {
  if (typeof answer !== "object" || answer === null) return undefined;
  const { minute, five_minutes, queues } = answer as Json;
  if (!Array.isArray(minute) || !Array.isArray(five_minutes)) return undefined;
  const ids: unknown[] = Array.isArray(queues) ? queues : [];
  return {
    minute: evidence(minute),
    five_minutes: evidence(five_minutes),
    queues: ids.filter((id) => typeof id === "string"),
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
    const path = `/v1/regions/${encodeURIComponent(region)}/links/${encodeURIComponent(link)}/explain`;
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
