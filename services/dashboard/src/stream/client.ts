/**
 * Client of `/v1/stream`: keeps one subscription alive through lost connections, gaps and moves of
 * the view, and keeps the picture that it describes.
 *
 * Each subscription has an id of its own, so a frame that was on its way when the subscription was
 * replaced is recognised and left out. Moving the view keeps the id (the server then sends only the
 * difference); changing the region, a gap, and a new connection each start a new one.
 */

import { waitBeforeTryMs } from "./backoff";
import type { ServerClock } from "./clock";
import type { Box, Layer } from "./model";
import { LAYERS } from "./model";
import type { Changes } from "./picture";
import { Picture } from "./picture";
import type { ClientMessage, ErrorMessage, ServerMessage } from "./protocol";
import { parseServerMessage } from "./protocol";

/** A region speaks each second (feed statuses). Silent this long, the connection is half dead. */
export const SILENCE_LIMIT_MS = 20_000;
/** A connection that is not open by now will not be. */
export const OPEN_LIMIT_MS = 10_000;
/** A server that keeps sending what does not fit is asked anew this often, not each time. */
export const RESUBSCRIBE_PAUSE_MS = 1_000;

/** The part of the browser's WebSocket that is used; tests give a scripted one. */
export interface Socket {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(frame: string): void;
  close(): void;
}

/** The outside world of the client. */
export interface Surroundings {
  connect: () => Socket;
  clock: ServerClock;
  /** Runs `task` later; returns what cancels it. */
  later: (task: () => void, waitMs: number) => () => void;
  random: () => number;
}

/** `connecting` before the first snapshot, `live` with a picture, `lost` when it broke. */
export type ConnectionState = "connecting" | "live" | "lost";

export interface Listener {
  changed(changes: Changes): void;
  connection(state: ConnectionState): void;
  problem(problem: ErrorMessage["problem"]): void;
}

/** What a subscription is about. */
export interface View {
  region: string;
  layers: readonly Layer[];
  bbox: Box;
}

export class StreamClient {
  readonly picture = new Picture();
  state: ConnectionState = "connecting";

  private socket: Socket | undefined;
  private open = false;
  private view: View | undefined;
  private generation = 0;
  private subscription: string | undefined;
  private awaitsSnapshot = true;
  private failures = 0;
  private cancelWatch: () => void = () => undefined;
  private cancelResubscribe: (() => void) | undefined;

  constructor(
    private readonly outside: Surroundings,
    private readonly listener: Listener,
  ) {}

  /** What was asked for last. */
  get shown(): Readonly<View> | undefined {
    return this.view;
  }

  /** What to show. The first call connects. */
  show(region: string, bbox: Box, layers: readonly Layer[] = LAYERS): void {
    const sameRegion = this.view?.region === region;
    this.view = { region, layers, bbox };
    if (this.socket === undefined) {
      this.connect();
    } else if (this.open && sameRegion && this.subscription !== undefined) {
      this.send({ type: "subscribe", id: this.subscription, ...this.view });
    } else if (this.open) {
      this.subscribeAnew();
    }
  }

  private connect(): void {
    const socket = this.outside.connect();
    this.socket = socket;
    this.open = false;
    this.watch(OPEN_LIMIT_MS);
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.open = true;
      this.subscription = undefined;
      this.subscribeAnew();
    };
    socket.onmessage = (event) => {
      const frame: unknown = event.data;
      if (this.socket === socket && typeof frame === "string") this.receive(frame);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  private lost(): void {
    this.cancelWatch();
    this.cancelResubscribe?.();
    this.cancelResubscribe = undefined;
    const socket = this.socket;
    if (socket !== undefined) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.open = false;
    this.subscription = undefined;
    this.become("lost");
    this.outside.later(
      () => this.connect(),
      waitBeforeTryMs(this.failures++, this.outside.random()),
    );
  }

  /** Gives the connection this long to say something. */
  private watch(limitMs: number): void {
    this.cancelWatch();
    this.cancelWatch = this.outside.later(() => this.lost(), limitMs);
  }

  private subscribeAnew(): void {
    if (this.view === undefined) return;
    if (this.subscription !== undefined) this.send({ type: "unsubscribe", id: this.subscription });
    this.generation += 1;
    this.subscription = `map-${this.generation}`;
    this.awaitsSnapshot = true;
    this.send({ type: "subscribe", id: this.subscription, ...this.view });
    this.watch(SILENCE_LIMIT_MS);
  }

  private send(message: ClientMessage): void {
    this.socket?.send(JSON.stringify(message));
  }

  private receive(frame: string): void {
    const message: ServerMessage | undefined = parseServerMessage(frame);
    if (message === undefined) return;
    if (message.type === "error") {
      this.listener.problem(message.problem);
      return;
    }
    if (message.id !== this.subscription) return;
    this.watch(SILENCE_LIMIT_MS);
    if (message.type === "snapshot") {
      this.awaitsSnapshot = false;
      this.failures = 0;
      this.outside.clock.restart(message.time_ms);
      this.listener.changed(this.picture.restore(message));
      this.become("live");
      return;
    }
    if (this.awaitsSnapshot) return;
    this.outside.clock.observe(message.time_ms);
    const outcome = this.picture.apply(message);
    if (outcome.kind === "applied") this.listener.changed(outcome.changes);
    else this.recover();
  }

  /** A message was missed: asks for everything again, at a bounded rate. */
  private recover(): void {
    if (this.cancelResubscribe !== undefined) return;
    this.awaitsSnapshot = true;
    this.cancelResubscribe = this.outside.later(
      () => {
        this.cancelResubscribe = undefined;
        if (this.open) this.subscribeAnew();
      },
      RESUBSCRIBE_PAUSE_MS * (0.5 + this.outside.random() / 2),
    );
  }

  private become(state: ConnectionState): void {
    if (this.state === state) return;
    this.state = state;
    this.listener.connection(state);
  }
}
