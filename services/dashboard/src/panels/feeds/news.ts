/** What of the feeds is told to who does not see their list. Pure. */

import type { Speech } from "../../i18n";
import type { FeedState } from "../../stream/feed_state";

/** A feed and what has become of it. */
export type FeedChange = readonly [feed: string, state: FeedState];

/** Named in one sentence; of more only their number is said. */
const TOLD_MAX = 3;

export class FeedNews {
  private known: ReadonlyMap<string, FeedState> = new Map();

  /**
   * Feeds whose state is another one than when it was known last. While nothing is known, because we are
   * not connected, that is said once for the whole page.
   */
  of(states: ReadonlyMap<string, FeedState>): FeedChange[] {
    const now = [...states].map(([feed, state]): FeedChange => {
      return [feed, state === "unknown" ? (this.known.get(feed) ?? state) : state];
    });
    const changed = now.filter(([feed, state]) => {
      const before = this.known.get(feed) ?? "unknown";
      return before !== "unknown" && before !== state;
    });
    this.known = new Map(now);
    return changed;
  }
}

/** The changes in one sentence; nothing where there are none. */
export function newsText(speech: Speech, changes: readonly FeedChange[]): string {
  const told = changes
    .slice(0, TOLD_MAX)
    .map(([feed, state]) =>
      speech.say("feeds.announce", { feed, state: speech.word("feed", state) }),
    );
  const more = changes.length - told.length;
  if (more > 0) told.push(speech.say("feeds.announce_more", { count: speech.number(more) }));
  return told.join("; ");
}
