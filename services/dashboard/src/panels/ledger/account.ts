/** The account of a feed: what became of its records, and whether that adds up. Pure. */

import type { Feed } from "tilanne-client";
import type { FeedState } from "../../stream/feed_state";

export const OUTCOMES = [
  "applied",
  "superseded",
  "duplicate",
  "rejected",
  "quarantined",
  "dropped",
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Received less the sum of what became of it: 0 where the account is balanced. */
export function imbalance(feed: Feed): number {
  return OUTCOMES.reduce((left, outcome) => left - feed[outcome], feed.received);
}

/** Whether it adds up now, and always has. */
export function isSound(feed: Feed): boolean {
  return imbalance(feed) === 0 && (feed.imbalances ?? 0) === 0;
}

/** A feed with what the page knows of it beside its record. */
export interface Entry {
  /** Unique among all regions. */
  readonly key: string;
  readonly feed: Feed;
  readonly title: string;
  /** Id of the region, and what it is called. */
  readonly region: string;
  readonly place: string;
  readonly state: FeedState;
  /** Records a second; `undefined` while that is not known. */
  readonly rate: number | undefined;
}

/** The worst first. */
const STATES: readonly FeedState[] = [
  "down",
  "stale",
  "unknown",
  "idle",
  "ended",
  "starting",
  "live",
];

/** From 0, the worst: an account that does not add up is worse than a feed that is down. */
export function badness({ feed, state }: Entry): number {
  return isSound(feed) ? STATES.indexOf(state) + 1 : 0;
}

/** What the table can be sorted by. */
export const COLUMNS = [
  "feed",
  "place",
  "state",
  "watermark",
  "rate",
  "received",
  ...OUTCOMES,
  "balance",
] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

/** Worst first; the smallest rank is the worst. */
export const WORST_FIRST: Order = { column: "state", descending: false };

/** Columns of words begin with A, ages with the oldest, and numbers with the largest. */
export function firstOrder(column: Column): Order {
  const ascending: readonly Column[] = ["feed", "place", "state", "watermark"];
  return { column, descending: !ascending.includes(column) };
}

function sortKey(entry: Entry, column: Column): number | string {
  const { feed } = entry;
  switch (column) {
    case "feed":
      return entry.title;
    case "place":
      return entry.place;
    case "state":
      return badness(entry);
    case "watermark":
      return feed.watermark_ms;
    case "rate":
      return entry.rate ?? -1;
    case "balance":
      return Math.abs(imbalance(feed)) + (feed.imbalances ?? 0);
    default:
      return feed[column];
  }
}

/** The entries in an order; those that are equal in it by title, so that no row jumps about. */
export function sorted(entries: readonly Entry[], order: Order, locale: string): Entry[] {
  const words = new Intl.Collator(locale, { numeric: true });
  const sign = order.descending ? -1 : 1;
  const compare = (a: number | string, b: number | string): number =>
    typeof a === "string" || typeof b === "string" ? words.compare(String(a), String(b)) : a - b;
  return [...entries].sort(
    (a, b) =>
      sign * compare(sortKey(a, order.column), sortKey(b, order.column)) ||
      words.compare(a.title, b.title) ||
      (a.key < b.key ? -1 : 1),
  );
}
