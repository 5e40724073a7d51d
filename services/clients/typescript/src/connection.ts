/**
 * One WebSocket that comes back: tries again with growing pauses when it breaks, and notices when
 * it is only half dead. Knows nothing of what is said on it.
 */

import { waitBeforeTryMs } from "./backoff.js";

/** A server silent for so long is asked something. */
export const PROBE_AFTER_MS = 10_000;
/**
 * Silent for so long, the connection is dead. A region speaks each second, events each ten; on a slow
 * line all waits behind a large message, which is told when it is whole.
 */
export const SILENCE_LIMIT_MS = PROBE_AFTER_MS + 30_000;
/** A connection that is not open by now will not be. */
export const OPEN_LIMIT_MS = 10_000;
/** What the server has not taken yet, at most: hundreds of the longest messages. */
export const UNSENT_BYTES_MAX = 4 << 20;
/** The longest reason of a close that is passed on, characters. */
const REASON_LENGTH_MAX = 123;

/** The part of a WebSocket that is used; tests give a scripted one. */
export interface Socket {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  onerror: ((event: Event) => void) | null;
  /** Bytes that were given to `send` and are not on their way yet. */
  readonly bufferedAmount?: number;
  send(frame: string): void;
  close(): void;
}

/** The outside world. */
export interface Surroundings {
  connect: () => Socket;
  /** Runs `task` later; returns what cancels it. */
  later: (task: () => void, waitMs: number) => () => void;
  /** From 0 inclusive to 1 exclusive. */
  random: () => number;
  /** A timer that never jumps. */
  monotonicMs: () => number;
}

/** `idle` before the first subscription, `connecting` before it is open for the first time. */
export type ConnectionState = "idle" | "connecting" | "open" | "lost" | "closed";

export interface ConnectionListener {
  opened(): void;
  said(frame: string): void;
  lost(reason: string): void;
  /** The server has said nothing for a while: ask for an answer. */
  probe(): void;
  /** How long the server may be silent; `undefined` when it has nothing to say. */
  patienceMs(): number | undefined;
}

export class Connection {
  state: ConnectionState = "idle";
  /** Failed tries since the last good one. */
  failures = 0;

  private socket: Socket | undefined;
  private heardMs = 0;
  private probed = false;
  private cancelWatch: () => void = () => undefined;
  private cancelRetry: () => void = () => undefined;

  constructor(
    private readonly outside: Surroundings,
    private readonly listener: ConnectionListener,
  ) {}

  /** Connects, and again whenever that is lost. */
  start(): void {
    if (this.state === "idle") this.connect();
  }

  send(message: object): void {
    const { socket } = this;
    if (this.state !== "open" || socket === undefined) return;
    if ((socket.bufferedAmount ?? 0) > UNSENT_BYTES_MAX) this.lost("the server takes nothing");
    else socket.send(JSON.stringify(message));
  }

  /** For good. */
  close(): void {
    this.state = "closed";
    this.cancelRetry();
    this.drop();
  }

  private connect(): void {
    if (this.state === "idle") this.state = "connecting";
    const socket = this.outside.connect();
    this.socket = socket;
    this.cancelWatch = this.outside.later(
      () => this.lost(`no answer within ${OPEN_LIMIT_MS / 1_000} s`),
      OPEN_LIMIT_MS,
    );
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.state = "open";
      this.cancelWatch();
      this.heard();
      this.watch();
      this.listener.opened();
    };
    socket.onmessage = (event) => {
      const frame: unknown = event.data;
      if (this.socket !== socket || typeof frame !== "string") return;
      this.heard();
      this.listener.said(frame);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.socket !== socket) return;
      const said = reason ? `: ${reason.slice(0, REASON_LENGTH_MAX)}` : "";
      this.lost(`closed with code ${code ?? "unknown"}${said}`);
    };
    // A close follows, but not in Node 20 when the connection was refused.
    socket.onerror = () => {
      if (this.socket === socket) this.lost("the connection failed");
    };
  }

  private heard(): void {
    this.heardMs = this.outside.monotonicMs();
    this.probed = false;
  }

  /** One timer that looks when something is due, instead of one for each message. */
  private watch(): void {
    const waitMs = Math.max(0, this.heardMs + this.nextLookMs() - this.outside.monotonicMs());
    this.cancelWatch = this.outside.later(() => this.look(), waitMs);
  }

  private nextLookMs(): number {
    return this.probed ? (this.listener.patienceMs() ?? SILENCE_LIMIT_MS) : PROBE_AFTER_MS;
  }

  private look(): void {
    const silentMs = this.outside.monotonicMs() - this.heardMs;
    const patienceMs = this.listener.patienceMs();
    if (patienceMs === undefined) {
      this.heard();
    } else if (this.probed && silentMs >= patienceMs) {
      this.lost(`the server has said nothing for ${Math.round(silentMs / 1_000)} s`);
      return;
    } else if (!this.probed && silentMs >= PROBE_AFTER_MS) {
      this.probed = true;
      this.listener.probe();
    }
    this.watch();
  }

  private lost(reason: string): void {
    this.drop();
    this.state = "lost";
    const waitMs = waitBeforeTryMs(this.failures++, this.outside.random());
    this.cancelRetry = this.outside.later(() => this.connect(), waitMs);
    this.listener.lost(reason);
  }

  private drop(): void {
    this.cancelWatch();
    const { socket } = this;
    this.socket = undefined;
    if (socket === undefined) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // Without a listener some runtimes take an error for an uncaught one.
    socket.onerror = () => undefined;
    socket.close();
  }
}
