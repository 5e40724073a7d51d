/**
 * One subscription to objects: keeps the picture that it describes through lost connections, gaps
 * and moves.
 *
 * An id is used for one subscription on the server, so a frame that was on its way when that was
 * replaced is recognised and left out. Moving keeps the id (the server then sends only the
 * difference); another region and a gap start a new one. A new connection takes up from the cursor.
 */

import type { Change, Changes } from "./changes.js";
import { PendingChanges } from "./changes.js";
import { SILENCE_LIMIT_MS } from "./connection.js";
import type { Channel, Follower, Heard } from "./follower.js";
import { MESSAGE_BYTES_MAX, REFUSALS_MAX } from "./follower.js";
import { Picture } from "./picture.js";
import type { Problem } from "./problem.js";
import type { TilanneError } from "./problem.js";
import { UsageError, isFinal, refusal } from "./problem.js";
import { Readers } from "./readers.js";
import type { Selection } from "./selection.js";

/** A server that keeps sending what does not fit is asked anew this often, not each time. */
export const RESUBSCRIBE_PAUSE_MS = 1_000;
/** A server that has just started may have to read its log before it knows a cursor. */
export const RESUME_LIMIT_MS = 60_000;
/** A move that was not refused for so long was not refused at all. */
export const SETTLED_MS = 5_000;

/**
 * `connecting` before the first message, `live` with a picture, `lost` when the connection broke or
 * a message was missed, `refused` when the server does not serve it, `closed` at the end.
 */
export type SubscriptionState = "connecting" | "live" | "lost" | "refused" | "closed";

export interface SubscriptionListener {
  /** After each message that has changed the picture or what is known of it. */
  changed?(changes: Changes): void;
  state?(state: SubscriptionState): void;
  /**
   * The server has refused something. If that was a move, the subscription goes on with the
   * selection before; if nothing is left to go on with, its state is `refused`.
   */
  problem?(problem: Problem): void;
}

export class Subscription implements AsyncIterable<Change>, Follower {
  readonly picture = new Picture();
  /** How long the oldest change of the newest message has waited on the server, ms. */
  lagMs = 0;
  /** Changes that newer ones replaced before they could be sent, since the beginning. */
  coalesced = 0;
  /** What the server refused last. */
  problem: Problem | undefined;

  private current: SubscriptionState = "connecting";
  private id: string | undefined;
  /** What was asked for before, and was accepted as far as is known. */
  private accepted: Selection;
  private unsettledMoves = 0;
  private movedMs = 0;
  private moves = 0;
  private movesBefore = 0;
  /** The first message of the subscription on the server is to come. */
  private awaits = true;
  private resuming = false;
  private established = false;
  private refusals = 0;
  private refusedMs = 0;
  private cancelRetry: (() => void) | undefined;
  private readonly readers = new Readers<Change, PendingChanges>();
  private waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];

  /** Made by {@link Client.subscribe}. */
  constructor(
    private readonly channel: Channel,
    private asked: Selection,
    private readonly listener: SubscriptionListener,
  ) {
    check(asked);
    this.accepted = asked;
  }

  get state(): SubscriptionState {
    return this.current;
  }

  /** What was asked for last. */
  get selection(): Readonly<Selection> {
    return this.asked;
  }

  get patienceMs(): number {
    return this.awaits && this.resuming ? RESUME_LIMIT_MS : SILENCE_LIMIT_MS;
  }

  get expects(): boolean {
    return this.awaits || this.unsettledMoves > 0;
  }

  /**
   * Wants other objects. Of the same region only the difference comes; what has left is removed
   * with the reason `left`.
   */
  move(selection: Selection): void {
    if (this.current === "closed") throw new UsageError("the subscription is closed; subscribe");
    check(selection);
    if (this.unsettledMoves > 0 && this.channel.monotonicMs() - this.movedMs > SETTLED_MS) {
      this.accepted = this.asked;
      this.unsettledMoves = 0;
    }
    const sameRegion = selection.region === this.asked.region;
    const wasRefused = this.current === "refused";
    this.asked = selection;
    this.moves += 1;
    this.unsettledMoves += 1;
    this.movedMs = this.channel.monotonicMs();
    this.refusals = 0;
    if (!sameRegion) {
      this.accepted = selection;
      this.established = false;
    }
    if (wasRefused) {
      this.readers.revive();
      this.become("connecting");
    }
    if (!this.channel.open) return;
    if (sameRegion && this.id !== undefined && !wasRefused && this.cancelRetry === undefined) {
      this.select();
    } else {
      this.subscribe(undefined);
    }
  }

  /** Ends the subscription. The picture stays as it is; iterations end. */
  close(): void {
    if (this.current === "closed") return;
    this.end("closed");
    this.readers.end();
    this.settleWaiting(new UsageError("the subscription was closed before it was complete"));
  }

  /** Waits until the picture is complete; rejects when the server refuses it. */
  async complete(): Promise<Picture> {
    if (!this.picture.complete || this.current !== "live") {
      if (this.current === "closed") throw new UsageError("the subscription is closed; subscribe");
      if (this.current === "refused" && this.problem !== undefined) throw refusal(this.problem);
      await new Promise<void>((resolve, reject) => this.waiting.push({ resolve, reject }));
    }
    return this.picture;
  }

  /**
   * Changes one by one, beginning with everything there is as added. Who reads slowly gets the
   * newest of each object. Throws when the server refuses something; when that was a move, the
   * subscription goes on and can be iterated again.
   */
  [Symbol.asyncIterator](): AsyncIterator<Change, undefined> {
    const pending = new PendingChanges();
    for (const change of this.picture.all()) pending.add(change);
    return this.readers.open(pending);
  }

  opened(): void {
    // A place in the history of another region would mean something else in this one's.
    const isSameRegion = this.asked.region === this.picture.region;
    this.subscribe(isSameRegion ? this.picture.resume() : undefined);
  }

  lost(): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    this.id = undefined;
    this.awaits = true;
    if (!this.ended) this.become("lost");
  }

  hear(message: Heard): void {
    if (message.type === "events") return;
    if (this.awaits && message.type === "delta" && !this.resuming) return;
    let changes: Changes;
    if (message.type === "snapshot") {
      changes = this.picture.restore(message);
    } else {
      const outcome = this.picture.apply(message);
      if (outcome.kind === "gap") {
        this.recover();
        return;
      }
      changes = outcome.changes;
    }
    if (this.awaits && this.moves === this.movesBefore) {
      this.accepted = this.asked;
      this.unsettledMoves = 0;
    }
    this.awaits = false;
    this.established = true;
    if (this.channel.monotonicMs() - this.refusedMs > SETTLED_MS) this.refusals = 0;
    this.lagMs = message.lag_ms;
    this.coalesced += message.coalesced;
    this.readers.each((pending) => {
      for (const change of changes.list) pending.add(change);
    });
    this.readers.wake();
    this.listener.changed?.(changes);
    // The listener may have closed it.
    if (this.ended) return;
    this.become("live");
    if (this.picture.complete) this.settleWaiting(undefined);
  }

  refused(problem: Problem): void {
    this.problem = problem;
    this.refusals += 1;
    this.refusedMs = this.channel.monotonicMs();
    const isAnswer = this.awaits && this.moves === this.movesBefore;
    const canFallBack = this.established && this.asked !== this.accepted;
    const hopeless = isAnswer && !this.established && isFinal(problem);
    if (hopeless || this.refusals > REFUSALS_MAX) {
      this.end("refused");
      const error = refusal(problem);
      this.readers.fail(error);
      this.settleWaiting(error);
      this.listener.problem?.(problem);
      return;
    }
    const wasLive = !this.awaits;
    // The one that was refused, when it was one alone; else the newest may be fine, and is asked for
    // by itself.
    if (canFallBack && (isAnswer || this.unsettledMoves === 1)) this.asked = this.accepted;
    this.unsettledMoves = 0;
    this.awaits = true;
    this.resuming = false;
    // It may have been a move, or the subscription may have grown too large and be over: beginning
    // anew serves both.
    this.again(this.channel.waitMs(this.refusals - 1));
    if (wasLive) this.readers.interrupt(refusal(problem));
    this.listener.problem?.(problem);
  }

  probe(): boolean {
    if (this.id === undefined || this.awaits || this.cancelRetry !== undefined) return false;
    // The same again: the difference is empty, but it is an answer.
    this.channel.send({ type: "subscribe", id: this.id, ...this.asked });
    return true;
  }

  fail(error: TilanneError): void {
    this.end("closed");
    this.readers.fail(error);
    this.settleWaiting(error);
  }

  private get ended(): boolean {
    return this.current === "closed" || this.current === "refused";
  }

  private end(state: "closed" | "refused"): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    if (this.id !== undefined) this.channel.release(this.id);
    this.id = undefined;
    if (state === "closed") this.channel.forget(this);
    this.become(state);
  }

  /** A new subscription on the server. */
  private subscribe(cursor: string | undefined): void {
    this.cancelRetry?.();
    this.cancelRetry = undefined;
    if (this.ended) return;
    if (this.id !== undefined) this.channel.release(this.id);
    this.id = this.channel.adopt(this);
    this.awaits = true;
    this.resuming = cursor !== undefined;
    this.movesBefore = this.moves;
    this.picture.settled();
    const resume = cursor === undefined ? {} : { resume: cursor };
    this.channel.send({ type: "subscribe", id: this.id, ...this.asked, ...resume });
  }

  /** The same subscription with another selection. */
  private select(): void {
    if (this.id === undefined) return;
    this.picture.moved();
    this.channel.send({ type: "subscribe", id: this.id, ...this.asked });
  }

  /** A message was missed: asks for everything, at a bounded rate. */
  private recover(): void {
    this.awaits = true;
    this.resuming = false;
    this.picture.complete = false;
    this.become("lost");
    this.again(RESUBSCRIBE_PAUSE_MS);
  }

  private again(waitMs: number): void {
    this.cancelRetry?.();
    this.cancelRetry = this.channel.later(() => {
      this.cancelRetry = undefined;
      if (this.channel.open) this.subscribe(undefined);
    }, waitMs);
  }

  private become(state: SubscriptionState): void {
    if (this.current === state) return;
    this.current = state;
    this.listener.state?.(state);
  }

  private settleWaiting(error: Error | undefined): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { resolve, reject } of waiting) {
      if (error === undefined) resolve();
      else reject(error);
    }
  }
}

/** The server ends a connection on which it reads a longer message. */
export function check(selection: object): void {
  const bytes = new TextEncoder().encode(JSON.stringify(selection)).length;
  // The head of the message takes some of it, and the cursor.
  const room = MESSAGE_BYTES_MAX - 512;
  if (bytes <= room) return;
  throw new UsageError(
    `the selection takes ${bytes} bytes, at most ${room} are possible; ` +
      "name fewer ids or corners, with fewer decimals",
  );
}
