/** What follows something on a connection, and what it may ask of the client that owns it. */

import type { ClientMessage, ServerMessage } from "./protocol.js";
import type { Problem, TilanneError } from "./problem.js";

export type Heard = Exclude<ServerMessage, { type: "error" }>;

export interface Follower {
  /** Whether an answer is due; a server that has just started may take its time to resume. */
  readonly patienceMs: number;
  /** Whether it may have said something that is not answered yet. */
  readonly expects: boolean;
  /** The connection is there: subscribe. */
  opened(): void;
  lost(): void;
  hear(message: Heard): void;
  refused(problem: Problem): void;
  /** Asks for something that is answered; false when there is nothing to ask. */
  probe(): boolean;
  close(): void;
  /** It is over, because of this. */
  fail(error: TilanneError): void;
}

/** The client, as its followers see it. */
export interface Channel {
  readonly open: boolean;
  /** A new id, under which the follower hears from now on. */
  adopt(follower: Follower): string;
  /** Unsubscribes an id; what still comes under it is left out. */
  release(id: string): void;
  send(message: ClientMessage): void;
  later(task: () => void, waitMs: number): () => void;
  waitMs(failures: number): number;
  monotonicMs(): number;
  /** The follower is over. */
  forget(follower: Follower): void;
}

/** Longest message that the server reads as it comes, bytes. */
export const MESSAGE_BYTES_MAX = 16 * 1_024;

/** A server that cannot serve objects that it had served is asked so often, about a minute. */
export const REFUSALS_MAX = 8;
