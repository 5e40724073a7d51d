/**
 * Asks the server how streets differ: when that is due, page by page, one question at a time. Knows no
 * DOM.
 */

import type { ServerProblem } from "../problem_words";
import { problemOf } from "../problem_words";
import type { StreetDifference } from "./differences";
import { byChange, readDifferences } from "./differences";

/** At most so often it is worked out anew while time goes on, and so seldom when it stands. */
export const AGAIN_MS = 5_000;
export const OLD_MS = 60_000;
/** A server that has not answered by now will not. */
export const ANSWER_MS = 15_000;
/** Pages that are asked for, each of the server's longest. */
const PAGES_MAX = 6;

/** What is compared, and where that is asked for. */
export interface Question {
  /** What of a `Source` is needed. */
  readonly source: {
    readonly url: string;
    get(path: string, signal?: AbortSignal): Promise<unknown>;
  };
  readonly path: string;
  /** The moment of the replay. */
  readonly atMs: number;
}

export class Inquiry {
  /** Largest changes first. */
  streets: readonly StreetDifference[] = [];
  /** Of how many more one of the two speeds is not known. */
  unknown = 0;
  /** Whether there are more than were asked for. */
  isCut = false;
  /** What came instead of an answer. */
  failure: ServerProblem | undefined;
  /** Of which moment the streets are, once there are any. */
  comparedMs: number | undefined;
  private asked = "";
  private askedMs = Number.NEGATIVE_INFINITY;
  private asking: AbortController | undefined;

  /** @param answered called when an answer has come, or will not come */
  constructor(private readonly answered: () => void) {}

  /** Whether nothing has come yet. */
  get waits(): boolean {
    return this.asked === "" || (this.asking !== undefined && this.streets.length === 0);
  }

  /** Asks anew when the view, the moment or the present is another one. */
  update(question: Question): void {
    const key = question.source.url + question.path;
    const sinceMs = performance.now() - this.askedMs;
    const hasMoved = placeOf(key) !== placeOf(this.asked);
    // Of the same place one that is under way is waited for, or while time goes on none would come.
    if (this.asking !== undefined && !hasMoved) return;
    // Another place is asked for at once: the reader waits for it. Another second is not.
    if (key === this.asked ? sinceMs < OLD_MS : sinceMs < AGAIN_MS && !hasMoved) return;
    this.asked = key;
    this.askedMs = performance.now();
    void this.ask(question);
  }

  close(): void {
    this.asking?.abort();
    this.asking = undefined;
  }

  private async ask({ source, path, atMs }: Question): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const late = setTimeout(() => asking.abort(), ANSWER_MS);
    const streets: StreetDifference[] = [];
    let [unknown, next]: [number, string | undefined] = [0, path];
    try {
      for (let pages = 0; next !== undefined && pages < PAGES_MAX; pages += 1) {
        const page = readDifferences(await source.get(next, asking.signal));
        streets.push(...page.streets);
        unknown += page.unknown;
        const { cursor } = page;
        next = cursor && `${path}&${new URLSearchParams({ cursor }).toString()}`;
      }
      if (this.asking !== asking) return;
      this.streets = streets.sort(byChange);
      this.unknown = unknown;
      this.isCut = next !== undefined;
      this.failure = undefined;
      this.comparedMs = atMs;
    } catch (error) {
      if (this.asking !== asking) return;
      this.failure = problemOf(error);
    } finally {
      clearTimeout(late);
    }
    this.asking = undefined;
    this.answered();
  }
}

function placeOf(key: string): string | undefined {
  return /regions\/.*?bbox=[^&]*/.exec(key)?.[0];
}
