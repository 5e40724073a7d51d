/** Asks for pages of dead letters: the newest again and again, older ones once. */

import { AnswerError } from "../../stream/source";
import type { LetterPage } from "./letters";
import { pagePath, parsePage } from "./letters";

/** The newest page is asked for this often while it is seen; what failed is tried again as often. */
export const REFRESH_MS = 30_000;

export interface Failure {
  /** Of HTTP; 0 where no answer came. */
  readonly status: number;
  readonly detail: string;
}

/** Which letters are looked at. */
export interface Wanted {
  readonly region: string;
  readonly feed: string | undefined;
}

export class Pages {
  /** What came last of what is wanted now. */
  page: LetterPage | undefined;
  /** Why nothing newer came. */
  failure: Failure | undefined;
  isAsking = false;
  private wanted: Wanted | undefined;
  /** Where the pages from the newest to this one begin; the newest begins at no offset. */
  private starts: (number | undefined)[] = [undefined];
  private askedMs = Number.NEGATIVE_INFINITY;
  private asking: AbortController | undefined;

  /**
   * @param get gets JSON from a path of the server
   * @param monotonicMs the page's timer
   * @param changed called when an answer has come, or is waited for
   */
  constructor(
    private readonly get: (path: string, signal: AbortSignal) => Promise<unknown>,
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
    const { region, feed } = wanted;
    if (region !== this.wanted?.region || feed !== this.wanted.feed) {
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
      const page = parsePage(await this.get(path, signal));
      if (signal.aborted) return;
      if (page === undefined) throw new AnswerError("", 0);
      this.page = page;
      this.failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const [status, detail] =
        error instanceof AnswerError ? [error.status, error.message] : [0, ""];
      this.failure = { status, detail };
    }
    this.isAsking = false;
    this.changed();
  }
}
