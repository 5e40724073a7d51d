/**
 * Names of the feeds and whom to thank for them, as the installation words them. The stream does not
 * carry them; they are asked for when a feed appears that has no name yet.
 */

/** A feed that the server has no words for must not make the page ask at every tick. */
const ASK_AGAIN_MS = 60_000;

export interface FeedLabel {
  title: string | undefined;
  /** Publisher and licence. */
  attribution: string | undefined;
}

type Json = Record<string, unknown>;

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export class FeedLabels {
  private readonly labels = new Map<string, FeedLabel>();
  private askedMs = Number.NEGATIVE_INFINITY;

  /**
   * @param load gets `v1/feeds`
   * @param monotonicMs the page's timer
   */
  constructor(
    private readonly load: () => Promise<unknown>,
    private readonly monotonicMs: () => number,
  ) {}

  get(feed: string): FeedLabel | undefined {
    return this.labels.get(feed);
  }

  /** Whom to thank for these feeds, each once. */
  attributions(feeds: Iterable<string>): string[] {
    const names = [...feeds].map((feed) => this.labels.get(feed)?.attribution);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  }

  /** Asks for labels when one of these feeds has none. Without an answer, ids serve as names. */
  async want(feeds: Iterable<string>): Promise<void> {
    const now = this.monotonicMs();
    const missing = [...feeds].some((feed) => !this.labels.has(feed));
    if (!missing || now - this.askedMs < ASK_AGAIN_MS) return;
    this.askedMs = now;
    const answer = (await this.load().catch(() => undefined)) as Json | undefined;
    const named = answer?.["feeds"];
    for (const feed of Array.isArray(named) ? (named as Json[]) : []) {
      const id = text(feed["id"]);
      if (id === undefined) continue;
      this.labels.set(id, { title: text(feed["title"]), attribution: text(feed["attribution"]) });
    }
  }
}
