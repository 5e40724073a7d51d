/**
 * Names of streets that the stream does not carry: of queues in regions that are not on the map. They
 * are asked for once, several in one request.
 */

import type { Source } from "../../stream/source";

/** Names in one request, so that its address stays short. */
const ASKED_MAX = 50;
/** Between two requests about one region: new queues come by the minute, several at once. */
const PAUSE_MS = 2_000;
/** After a request that failed. */
const FAILED_PAUSE_MS = 30_000;
/** Names kept; the oldest go first. */
const KEPT_MAX = 2_000;

export interface StreetName {
  /** Empty where the street has none. */
  readonly name: string;
  readonly class: string;
}

export class StreetNames {
  /** `undefined`: the server does not know the street. */
  private readonly names = new Map<string, StreetName | undefined>();
  /** When names of a region may be asked for again. */
  private readonly nextMs = new Map<string, number>();

  /**
   * @param load gets JSON from a path of the server
   * @param monotonicMs the page's timer
   */
  constructor(
    private readonly load: (path: string) => Promise<unknown>,
    private readonly monotonicMs: () => number,
  ) {}

  get(region: string, link: string): StreetName | undefined {
    return this.names.get(key(region, link));
  }

  /** Asks for names of one region that are missing, when it is time. */
  async want(region: string, links: readonly string[]): Promise<void> {
    const missing = links.filter((link) => !this.names.has(key(region, link)));
    const ids = [...new Set(missing)].slice(0, ASKED_MAX);
    const now = this.monotonicMs();
    if (ids.length === 0 || now < (this.nextMs.get(region) ?? now)) return;
    this.nextMs.set(region, now + FAILED_PAUSE_MS);
    const asked = ids.map(encodeURIComponent).join(",");
    const limit = `limit=${ASKED_MAX}`;
    const path = `v1/regions/${encodeURIComponent(region)}/links?ids=${asked}&fields=name,class&${limit}`;
    const answer = await this.load(path).catch(() => undefined);
    if (answer === undefined) return;
    this.nextMs.set(region, now + PAUSE_MS);
    const known = namesOf(answer);
    for (const id of ids) this.names.set(key(region, id), known.get(id));
    for (const oldest of this.names.keys()) {
      if (this.names.size <= KEPT_MAX) break;
      this.names.delete(oldest);
    }
  }
}

function key(region: string, link: string): string {
  return `${region}/${link}`;
}

/** Reads an answer; what is not as it should be is left out. */
function namesOf(answer: unknown): Map<string, StreetName> {
  const names = new Map<string, StreetName>();
  const objects = (answer as { objects?: unknown } | null)?.objects;
  for (const object of Array.isArray(objects) ? (objects as unknown[]) : []) {
    if (typeof object !== "object" || object === null) continue;
    const { id, name, class: kind } = object as Record<string, unknown>;
    if (typeof id !== "string" || typeof name !== "string") continue;
    names.set(id, { name, class: typeof kind === "string" ? kind : "" });
  }
  return names;
}

const OF_SOURCES = new WeakMap<Source, StreetNames>();

/** The names of a source, however many panels ask. */
export function streetNamesOf(source: Source): StreetNames {
  const known = OF_SOURCES.get(source);
  const names =
    known ??
    new StreetNames(
      (path) => source.get(path),
      () => performance.now(),
    );
  OF_SOURCES.set(source, names);
  return names;
}
