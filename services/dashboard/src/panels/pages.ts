/** Asks for pages of what the server has, newest first: the newest again and again, older ones once. */

import type { ServerProblem } from "../problem_words";
import { problemOf } from "../problem_words";
import type { Source } from "../stream/source";
import { AnswerError } from "../stream/source";

/** The newest page is asked for this often while it is seen; what failed is tried again as often. */
export const REFRESH_MS = 30_000;

/** What is looked at. */
export interface Wanted {
  /** The present, or a replay of the past: each has its own. */
  readonly source: Pick<Source, "get">;
  /** Path and query of the newest page. */
  readonly path: string;
}

export interface Page {
  /** Older ones are before this offset; `undefined` where there are none. */
  readonly before: number | undefined;
}

export class Pages<P extends Page> {
  /** What came last of what is wanted now. */
  page: P | undefined;
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
   * @param parse reads an answer; `undefined` when it is none
   */
  constructor(
    private readonly monotonicMs: () => number,
    private readonly changed: () => void,
    private readonly parse: (answer: unknown) => P | undefined,
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
    const before = this.wanted;
    if (wanted.source !== before?.source || wanted.path !== before.path) {
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
      const start = this.starts.at(-1);
      const path = start === undefined ? wanted.path : `${wanted.path}&before=${start}`;
      const page = this.parse(await wanted.source.get(path, signal));
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
