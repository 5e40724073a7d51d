/**
 * What the stream does not carry but the server tells, such as names by id: asked for once, several in
 * one request.
 */

import type { Source } from "./source";

/** Ids in one request, so that its address stays short. */
export const ASKED_MAX = 50;
/** After a request that failed. */
const FAILED_PAUSE_MS = 30_000;

/** What is asked for, and how its answer is read. */
export interface Inquiry<T> {
  /** Between two requests about one region. */
  readonly pauseMs: number;
  /** Answers kept; the oldest go first. */
  readonly keptMax: number;
  /** @param ids as they go into an address, commas between them */
  path(region: string, ids: string): string;
  /** By id; what is not as it should be is left out. */
  read(answer: unknown): ReadonlyMap<string, T>;
}

export class Lookup<T> {
  /** `undefined`: the server does not know it. */
  private readonly known = new Map<string, T | undefined>();
  /** When may be asked again, by region. */
  private readonly nextMs = new Map<string, number>();

  /**
   * @param load gets JSON from a path of the server
   * @param monotonicMs the page's timer
   */
  constructor(
    private readonly inquiry: Inquiry<T>,
    private readonly load: (path: string) => Promise<unknown>,
    private readonly monotonicMs: () => number,
  ) {}

  get(region: string, id: string): T | undefined {
    return this.known.get(key(region, id));
  }

  /** Asks for what is missing of one region, when it is time. */
  async want(region: string, wanted: readonly (string | null | undefined)[]): Promise<void> {
    const { inquiry, known } = this;
    const missing = wanted.filter((id): id is string => !!id && !known.has(key(region, id)));
    const ids = [...new Set(missing)].slice(0, ASKED_MAX);
    const now = this.monotonicMs();
    if (ids.length === 0 || now < (this.nextMs.get(region) ?? now)) return;
    this.nextMs.set(region, now + FAILED_PAUSE_MS);
    const asked = ids.map(encodeURIComponent).join(",");
    const path = inquiry.path(encodeURIComponent(region), asked);
    const answer = await this.load(path).catch(() => undefined);
    if (answer === undefined) return;
    this.nextMs.set(region, now + inquiry.pauseMs);
    const told = inquiry.read(answer);
    for (const id of ids) known.set(key(region, id), told.get(id));
    for (const oldest of known.keys()) {
      if (known.size <= inquiry.keptMax) break;
      known.delete(oldest);
    }
  }
}

function key(region: string, id: string): string {
  return `${region}/${id}`;
}

/** A lookup for each source, however many panels ask. */
export function lookupOf<T>(inquiry: Inquiry<T>): (source: Source) => Lookup<T> {
  const ofSources = new WeakMap<Source, Lookup<T>>();
  return (source) => {
    const known = ofSources.get(source);
    const lookup =
      known ??
      new Lookup(
        inquiry,
        (path) => source.get(path),
        () => performance.now(),
      );
    ofSources.set(source, lookup);
    return lookup;
  };
}
