/** Which troubles are news for who cannot see the list. */

import type { Overview } from "../../stream/overview";
import { levelOf } from "./severity";
import type { Trouble } from "./troubles";

/** Ids kept; the page may be open for weeks. */
const KEPT_MAX = 5_000;

export class News {
  private readonly told = new Set<string>();
  private readonly begun = new Set<string>();

  /**
   * Severe troubles that were not there before; each is told once. What a region begins with is no
   * news: it is in the list, and there may be much of it.
   *
   * @param known regions whose picture is whole
   */
  of(troubles: readonly Trouble[], known: ReadonlySet<string>): Trouble[] {
    const severe = troubles.filter(({ score }) => levelOf(score) === "severe");
    const fresh = severe.filter(({ id, region }) => this.begun.has(region) && !this.told.has(id));
    for (const { id } of severe) this.told.add(id);
    for (const region of known) this.begun.add(region);
    for (const oldest of this.told) {
      if (this.told.size <= KEPT_MAX) break;
      this.told.delete(oldest);
    }
    return fresh;
  }
}

const OF_PICTURES = new WeakMap<Overview, News>();

/** The news of a picture, told once however many panels show it and in whatever language. */
export function newsOf(overview: Overview): News {
  const news = OF_PICTURES.get(overview) ?? new News();
  OF_PICTURES.set(overview, news);
  return news;
}
