/**
 * One subscription to the events themselves: each once, in the order of the log, through lost
 * connections. The log is the buffer: who reads slowly is unsubscribed and reads on from the cursor
 * when there is room.
 */

import { SILENCE_LIMIT_MS } from "./connection.js";
import type { Channel, Follower, Heard } from "./follower.js";
import type { Problem, TilanneError } from "./problem.js";
import { GoneError, UsageError, isFinal, refusal } from "./problem.js";
import type { CloudEvent } from "./protocol.js";
import { Readers } from "./readers.js";
import type { EventSelection } from "./selection.js";
import type { SubscriptionState } from "./subscription.js";
import { check } from "./subscription.js";

/** Events that wait here at most, and those of one message: some 10 MB. */
export const EVENTS_PENDING_MAX = 10_000;

export interface EventListener {
  /** Events of one message. The cursor is that after them. */
  events?(events: readonly CloudEvent[], cursor: string): void;
  state?(state: SubscriptionState): void;
  problem?(problem: Problem): void;
}

interface Batch {
  events: CloudEvent[];
  cursor: string;
}

/** Events that were received and not taken yet. */
class PendingEvents {
  /** After what was taken and is done with. */
  cursor: string | undefined;
  size = 0;

  private batches: Batch[] = [];
  private at = 0;

  constructor(private readonly taken: () => void) {}

  add({ events, cursor }: Batch): void {
    const last = this.batches.at(-1);
    this.size += events.length;
    if (events.length > 0) this.batches.push({ events, cursor });
    else if (last !== undefined) last.cursor = cursor;
    else this.cursor = cursor;
  }

  take(): CloudEvent | undefined {
    const [batch] = this.batches;
    if (batch === undefined) return undefined;
    const event = batch.events[this.at];
    if (event === undefined) {
      // Whoever comes back has done what it wanted with the last one.
      this.cursor = batch.cursor;
      this.batches.shift();
      this.at = 0;
      return this.take();
    }
    this.at += 1;
    this.size -= 1;
    this.taken();
    return event;
  }
}

export class EventStream implements AsyncIterable<CloudEvent>, Follower {
  /** How long ago the first event of the newest message was received by the server, ms. */
  lagMs = 0;
  /** What the server refused last. */
  problem: Problem | undefined;
  readonly patienceMs = SILENCE_LIMIT_MS;
  expects = true;

  private current: SubscriptionState = "connecting";
  private id: string | undefined;
  /** After all that was received. */
  private received: string | undefined;
  private paused = false;
  private refusals = 0;
  private cancelRetry: (() => void) | undefined;
  private readonly readers = new Readers<CloudEvent, PendingEvents>();
  private pending: PendingEvents | undefined;

  /** Made by {@link Client.events}. */
  constructor(
    private readonly channel: Channel,
    private readonly asked: EventSelection,
    private readonly listener: EventListener,
  ) {
    check(asked);
    if (listener.events === undefined) this.pending = new PendingEvents(() => this.taken());
  }

  get state(): SubscriptionState {
    return this.current;
  }

  /**
   * To go on later from here, in this process or another: after all events that the listener has
   * had, or that the iteration is done with.
   */
  get cursor(): string | undefined {
    return this.pending === undefined ? this.received : this.pending.cursor;
  }

  /** Ends the stream; iterations end. */
  close(): void {
    if (this.current === "closed") return;
    this.end("closed");
    this.readers.end();
  }

  /** Events one by one. One iteration at a time, and none where there is a listener for events. */
  [Symbol.asyncIterator](): AsyncIterator<CloudEvent, undefined> {
    if (this.pending === undefined) {
      throw new UsageError("a listener has the events of this stream; iterate over another one");
    }
    return this.readers.open(this.pending);
  }

  opened(): void {
    this.subscribe();
  }

  lost(): void {
    this.id = undefined;
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    if (!this.ended) this.become("lost");
  }

  hear(message: Heard): void {
    if (message.type !== "events") return;
    // The first message only says where it begins: to read from there may still fail.
    if (!this.expects) this.refusals = 0;
    this.expects = false;
    this.lagMs = message.lag_ms;
    this.received = message.cursor;
    const { events, cursor } = message;
    if (this.pending === undefined) {
      if (events.length > 0) this.listener.events?.(events, cursor);
      if (this.ended) return;
    } else {
      this.pending.add({ events, cursor });
      this.readers.wake();
      if (this.pending.size > EVENTS_PENDING_MAX) this.pause();
    }
    this.become("live");
  }

  refused(problem: Problem): void {
    this.problem = problem;
    if (isFinal(problem)) {
      this.end("refused");
      // A cursor of this server's own that it no longer takes: the log is another one, or has lost
      // its end in a crash.
      const isGone = this.received !== undefined;
      this.readers.fail(isGone ? new GoneError(problem) : refusal(problem));
    } else {
      // The log is not open yet, or could not be read. That passes, and nothing is missed meanwhile.
      if (this.current === "live") this.become("lost");
      this.cancelRetry?.();
      this.cancelRetry = this.channel.later(() => {
        this.cancelRetry = undefined;
        if (this.channel.open) this.subscribe();
      }, this.channel.waitMs(this.refusals++));
    }
    this.listener.problem?.(problem);
  }

  probe(): boolean {
    // Speaks every ten seconds by itself.
    return false;
  }

  fail(error: TilanneError): void {
    this.end("closed");
    this.readers.fail(error);
  }

  private get ended(): boolean {
    return this.current === "closed" || this.current === "refused";
  }

  private end(state: "closed" | "refused"): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    if (this.id !== undefined) this.channel.release(this.id);
    this.id = undefined;
    this.channel.forget(this);
    this.become(state);
  }

  private subscribe(): void {
    if (this.ended || this.paused) return;
    if (this.id !== undefined) this.channel.release(this.id);
    this.id = this.channel.adopt(this);
    this.expects = true;
    const { cursor, offset, time_ms, ...asked } = this.asked;
    const begin =
      this.received === undefined
        ? {
            ...(cursor === undefined ? {} : { cursor }),
            ...(offset === undefined ? {} : { offset }),
            ...(time_ms === undefined ? {} : { time_ms }),
          }
        : { cursor: this.received };
    this.channel.send({ type: "subscribe_events", id: this.id, ...asked, ...begin });
  }

  private pause(): void {
    this.paused = true;
    if (this.id !== undefined) this.channel.release(this.id);
    this.id = undefined;
  }

  private taken(): void {
    if (!this.paused || (this.pending?.size ?? 0) > EVENTS_PENDING_MAX / 2) return;
    this.paused = false;
    if (this.channel.open) this.subscribe();
  }

  private become(state: SubscriptionState): void {
    if (this.current === state) return;
    this.current = state;
    this.listener.state?.(state);
  }
}
