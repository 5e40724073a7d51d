/** Asks the server for what fits, once typing pauses; an older question is given up. */

import type { Source } from "../stream/source";
import type { Question } from "./question";
import { questions } from "./question";
import type { Things } from "./things";
import { NO_THINGS, hasMore, readThings } from "./things";

/** Typing has paused. */
export const PAUSE_MS = 250;
/** A server that has not answered by then is not waited for. */
const PATIENCE_MS = 10_000;

export interface Place {
  readonly source: Source;
  readonly region: string;
}

/**
 * `quiet` when there is nothing to ask, `asking` from the first letter on, `failed` when some of the
 * answers did not come.
 */
export type AskerState = "quiet" | "asking" | "answered" | "failed";

export class Asker {
  /** What the server has answered last, to this text or one before. */
  things: Things = NO_THINGS;
  state: AskerState = "quiet";
  /** The server has more than it has sent. */
  more = false;
  private text = "";
  private asked: string | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private current: AbortController | undefined;

  constructor(
    private readonly place: () => Place,
    private readonly heard: () => void,
  ) {}

  /** The text is another one: asks for it in a moment. */
  ask(text: string): void {
    this.text = text.trim();
    const { source, region } = this.place();
    const asked = [source.url, region, this.text].join("\n");
    if (asked === this.asked) return;
    if (questions(region, this.text).length === 0) {
      this.stop();
      return;
    }
    this.giveUp();
    this.asked = asked;
    this.state = "asking";
    this.timer = setTimeout(() => void this.send(), PAUSE_MS);
  }

  /** Asks at once for what is waited with, and again for what has failed. */
  hurry(): void {
    if (this.timer === undefined && this.state !== "failed") return;
    this.giveUp();
    this.state = "asking";
    void this.send();
  }

  /** Asks for nothing any more, and forgets. */
  stop(): void {
    this.giveUp();
    this.asked = undefined;
    this.state = "quiet";
    this.things = NO_THINGS;
    this.more = false;
  }

  private giveUp(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.current?.abort();
    this.current = undefined;
  }

  private async send(): Promise<void> {
    this.timer = undefined;
    const { source, region } = this.place();
    const question = new AbortController();
    this.current = question;
    const signal = AbortSignal.any([question.signal, AbortSignal.timeout(PATIENCE_MS)]);
    const things: Record<string, unknown> = { ...NO_THINGS };
    let more = false;
    const one = async ({ kind, path }: Question): Promise<void> => {
      const answer = await source.get(path, signal);
      things[kind] = readThings(answer);
      more ||= hasMore(answer);
    };
    const answers = await Promise.allSettled(questions(region, this.text).map(one));
    if (this.current !== question) return;
    this.current = undefined;
    this.things = things as unknown as Things;
    this.more = more;
    this.state = answers.some(({ status }) => status === "rejected") ? "failed" : "answered";
    this.heard();
  }
}
