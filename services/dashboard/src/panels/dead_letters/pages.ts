/** Asks for pages of dead letters: the newest again and again, older ones once. */

import type { ServerProblem } from "../../problem_words";
import { problemOf } from "../../problem_words";
import type { Source } from "../../stream/source";
import { AnswerError } from "../../stream/source";
import type { LetterPage } from "./letters";
import { pagePath, parsePage } from "./letters";

/** The newest page is asked for this often while it is seen; what failed is tried again as often. */
export const REFRESH_MS = 30_000;

/** Which letters are looked at. */
export interface Wanted {
  /** The present, or a replay of the past: each has letters of its own. */
  readonly source: Pick<Source, "get">;
  readonly region: string;
  readonly feed: string | undefined;
}

export class Pages {
  /** What came last of what is wanted now. */
  page: LetterPage | undefined;
  /** Why nothing newer came. */
  failure: ServerProblem | undefined;
  isAsking = false;
  private wanted: Wanted | undefined;
  /** Where the pages from the newest to this one begin; the newest begins at no offset. */
  private starts: (number | undefined)[] = [undefined];
  private askedMs = Number.NEGATIVE_INFINITY;
  private asking: AbortController | undefined;

  /**
   * @param monotonicMs the page's timer
   * @param changed called when an answer has come, or is waited for
   */
  constructor(
    private readonly monotonicMs: () => number,
    private readonly changed: () => void,
  ) {}

  /** Number of the page, from 1. */
  get number(): number {
    return this.starts.length;
  }

  get hasOlder(): boolean {
    return this.page?.before !== undefined;
  }

  /** Called each second while it is seen: asks for what is wanted now, and anew when it is time. */
  want(wanted: Wanted): void {
    const { source, region, feed } = wanted;
    const before = this.wanted;
    if (source !== before?.source || region !== before.region || feed !== before.feed) {
      this.wanted = wanted;
      this.page = this.failure = undefined;
      this.starts = [undefined];
      void this.ask();
      return;
    }
    const isDue = this.monotonicMs() - this.askedMs >= REFRESH_MS;
    const isStale = this.number === 1 || this.failure !== undefined;
    if (isDue && isStale && !this.isAsking) void this.ask();
  }

  refresh(): void {
    void this.ask();
  }

  newest(): void {
    if (this.number === 1) return;
    this.starts = [undefined];
    void this.ask();
  }

  newer(): void {
    if (this.number === 1) return;
    this.starts.pop();
    void this.ask();
  }

  older(): void {
    if (this.page?.before === undefined || this.isAsking) return;
    this.starts.push(this.page.before);
    void this.ask();
  }

  private async ask(): Promise<void> {
    const { wanted } = this;
    if (wanted === undefined) return;
    this.asking?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    this.asking = controller;
    this.askedMs = this.monotonicMs();
    this.isAsking = true;
    this.changed();
    try {
      const path = pagePath(wanted.region, wanted.feed, this.starts.at(-1));
      const page = parsePage(await wanted.source.get(path, signal));
      if (signal.aborted) return;
      if (page === undefined) throw new AnswerError("", 0);
      this.page = page;
      this.failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.failure = problemOf(error);
    }
    this.isAsking = false;
    this.changed();
  }
}
