/** Names of the stops that the card speaks of: the stream carries their ids alone. */

import { isObject, objects, text } from "../../json";
import type { Source } from "../../stream/source";

/** After a request that failed. */
const FAILED_PAUSE_MS = 30_000;
/** Names kept; the oldest go first. */
const KEPT_MAX = 1_000;

export class StopNames {
  /** As they are written, by region and id. */
  private readonly names = new Map<string, string>();
  private nextMs = Number.NEGATIVE_INFINITY;

  /**
   * @param load gets JSON from a path of the server
   * @param monotonicMs the page's timer
   */
  constructor(
    private readonly load: (path: string) => Promise<unknown>,
    private readonly monotonicMs: () => number,
  ) {}

  /** A stop by its name with code and id; the id alone while that is all that is known. */
  get(region: string, id: string): string {
    return this.names.get(key(region, id)) ?? id;
  }

  /** Asks for names that are missing, unless it was asked in vain a moment ago. */
  async want(region: string, stops: readonly (string | null | undefined)[]): Promise<void> {
    const ids = stops.filter((id) => id && !this.names.has(key(region, id))) as string[];
    const now = this.monotonicMs();
    if (ids.length === 0 || now < this.nextMs) return;
    this.nextMs = now + FAILED_PAUSE_MS;
    const asked = [...new Set(ids)].map(encodeURIComponent).join(",");
    const path = `v1/regions/${encodeURIComponent(region)}/stops?ids=${asked}`;
    const answer = await this.load(path).catch(() => undefined);
    if (!isObject(answer)) return;
    this.nextMs = now;
    // What the server does not know is called by its id.
    for (const id of ids) this.names.set(key(region, id), id);
    for (const stop of objects(answer["stops"])) {
      const id = text(stop["id"]);
      if (ids.includes(id)) this.names.set(key(region, id), written(id, stop));
    }
    for (const oldest of this.names.keys()) {
      if (this.names.size <= KEPT_MAX) break;
      this.names.delete(oldest);
    }
  }
}

function written(id: string, stop: Record<string, unknown>): string {
  const name = text(stop["name"]);
  const others = [text(stop["code"]), id].filter((other) => other !== "").join(", ");
  return name === "" ? others : `${name} (${others})`;
}

function key(region: string, id: string): string {
  return `${region}/${id}`;
}

const OF_SOURCES = new WeakMap<Source, StopNames>();

/** The names of a source. */
export function stopNamesOf(source: Source): StopNames {
  const known = OF_SOURCES.get(source);
  const names =
    known ??
    new StopNames(
      (path) => source.get(path),
      () => performance.now(),
    );
  OF_SOURCES.set(source, names);
  return names;
}
