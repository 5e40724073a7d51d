/** A client of `/v1/stream`: one connection, and what follows the picture and the events on it. */

import { waitBeforeTryMs } from "./backoff.js";
import { ServerClock } from "./clock.js";
import type { ConnectionState, Socket, Surroundings } from "./connection.js";
import { Connection } from "./connection.js";
import type { EventListener } from "./events.js";
import { EventStream } from "./events.js";
import type { Channel, Follower } from "./follower.js";
import type { Stop } from "./model.js";
import type { Picture } from "./picture.js";
import { ConnectionLostError, UsageError } from "./problem.js";
import type { Problem } from "./problem.js";
import { parseServerMessage } from "./protocol.js";
import type { EventSelection, Selection } from "./selection.js";
import type { StopSelection } from "./stops.js";
import { fetchStops } from "./stops.js";
import type { SubscriptionListener } from "./subscription.js";
import { Subscription } from "./subscription.js";

/** The subprotocol that is spoken. */
const SUBPROTOCOL = "tilanne.v1.json";
const STREAM = "v1/stream";

export interface ClientOptions {
  /** After so many failed tries in a row everything ends with an error; by default never. */
  triesMax?: number;
  /** What connects, where there is no global `WebSocket`: such as that of the package `ws`. */
  webSocket?: new (url: string, protocols: string[]) => Socket;
  /** The connection is there, lost (and why), or closed. */
  connection?: (state: ConnectionState, reason: string) => void;
  /** A message was not understood, such as a place with a number that is none. */
  problem?: (problem: Problem) => void;
  /** Timers and chance, for tests. */
  surroundings?: Partial<Surroundings>;
}

export class Client {
  readonly clock: ServerClock;
  /** Why the connection was lost last. */
  lastLoss: string | undefined;

  /** The folder that the picture is served in. */
  private readonly folder: string;
  private readonly connection: Connection;
  private readonly outside: Surroundings;
  private readonly followers = new Set<Follower>();
  private readonly byId = new Map<string, Follower>();
  private readonly channel: Channel;
  private ids = 0;
  private clockIsOfConnection = false;
  private isReplay = false;

  /**
   * @param url the address of Tilanne, such as `http://127.0.0.1:8080`. Connects with the first
   *   subscription.
   */
  constructor(
    url: string | URL,
    private readonly options: ClientOptions = {},
  ) {
    const address = streamAddress(url);
    this.folder = address.replace(/^ws/u, "http").slice(0, -STREAM.length);
    this.outside = {
      connect: () => new (options.webSocket ?? globalWebSocket())(address, [SUBPROTOCOL]),
      later: (task, waitMs) => {
        const timer = setTimeout(task, waitMs);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      monotonicMs: () => performance.now(),
      ...options.surroundings,
    };
    if (options.surroundings?.connect === undefined && options.webSocket === undefined) {
      globalWebSocket();
    }
    this.clock = new ServerClock(this.outside.monotonicMs);
    this.connection = new Connection(this.outside, {
      opened: () => this.opened(),
      said: (frame) => this.hear(frame),
      lost: (reason) => this.lost(reason),
      probe: () => [...this.followers].some((follower) => follower.probe()),
      patienceMs: () => this.patienceMs(),
    });
    this.channel = this.makeChannel();
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Follows objects of the picture: iterate over it, give a listener, or both. */
  subscribe(selection: Selection, listener: SubscriptionListener = {}): Subscription {
    return this.follow(new Subscription(this.channel, selection, listener));
  }

  /** Follows the events themselves: iterate over it, or give a listener. */
  events(selection: EventSelection, listener: EventListener = {}): EventStream {
    return this.follow(new EventStream(this.channel, selection, listener));
  }

  /** The objects as they are now, complete and of one moment. */
  async snapshot(selection: Selection): Promise<Picture> {
    const subscription = this.subscribe(selection);
    try {
      return await subscription.complete();
    } finally {
      subscription.close();
    }
  }

  /**
   * Stops of public transport, by id: what those are called, and where they are, that vehicles and
   * trips name by their ids. None where the region's network has no schedule.
   */
  stops(selection: StopSelection): Promise<Stop[]> {
    return fetchStops(this.folder, selection);
  }

  /** Ends everything; iterations end. */
  close(): void {
    if (this.connection.state === "closed") return;
    for (const follower of [...this.followers]) follower.close();
    this.connection.close();
    this.options.connection?.("closed", "closed here");
  }

  private follow<F extends Follower>(follower: F): F {
    if (this.connection.state === "closed") {
      throw new UsageError("the client is closed; make another one");
    }
    this.followers.add(follower);
    if (this.connection.state === "open") follower.opened();
    else this.connection.start();
    return follower;
  }

  private makeChannel(): Channel {
    const client = this;
    return {
      get open() {
        return client.connection.state === "open";
      },
      adopt: (follower) => {
        this.ids += 1;
        const id = `s${this.ids}`;
        this.byId.set(id, follower);
        return id;
      },
      release: (id) => {
        this.byId.delete(id);
        this.connection.send({ type: "unsubscribe", id });
      },
      send: (message) => this.connection.send(message),
      later: this.outside.later,
      waitMs: (failures) => waitBeforeTryMs(failures, this.outside.random()),
      monotonicMs: this.outside.monotonicMs,
      forget: (follower) => this.followers.delete(follower),
    };
  }

  private opened(): void {
    this.clockIsOfConnection = false;
    this.options.connection?.("open", "");
    for (const follower of [...this.followers]) follower.opened();
  }

  private lost(reason: string): void {
    this.lastLoss = reason;
    this.byId.clear();
    for (const follower of [...this.followers]) follower.lost();
    this.options.connection?.("lost", reason);
    const { triesMax } = this.options;
    if (triesMax === undefined || this.connection.failures < triesMax) return;
    const tries = this.connection.failures === 1 ? "try" : `${this.connection.failures} tries`;
    const error = new ConnectionLostError(
      `no connection after ${tries}: ${reason}; check the address and that Tilanne runs there`,
    );
    for (const follower of [...this.followers]) follower.fail(error);
    this.close();
  }

  private hear(frame: string): void {
    const message = parseServerMessage(frame);
    if (message === undefined) return;
    if (message.type === "error") {
      this.refused(message.id, message.problem);
      return;
    }
    this.connection.failures = 0;
    if (message.type === "snapshot") this.isReplay = message.origin === "replay";
    if (this.isReplay) this.clock.follow(message.time_ms);
    else if (this.clockIsOfConnection) this.clock.observe(message.time_ms);
    else this.clock.restart(message.time_ms);
    this.clockIsOfConnection = true;
    this.byId.get(message.id)?.hear(message);
  }

  private refused(id: string | undefined, problem: Problem): void {
    if (id !== undefined) {
      this.byId.get(id)?.refused(problem);
      return;
    }
    // A message that is not understood has no id. Answers come in the order of the questions.
    this.options.problem?.(problem);
    [...this.byId.values()].find(({ expects }) => expects)?.refused(problem);
  }

  private patienceMs(): number | undefined {
    if (this.byId.size === 0) return undefined;
    return Math.max(...[...this.byId.values()].map(({ patienceMs }) => patienceMs));
  }
}

/** Where the stream is: `url` may be the address of Tilanne, or of a folder that it is served in. */
export function streamAddress(url: string | URL): string {
  const address = new URL(url);
  const schemes: Record<string, string> = { "http:": "ws:", "https:": "wss:" };
  address.protocol = schemes[address.protocol] ?? address.protocol;
  if (address.protocol !== "ws:" && address.protocol !== "wss:") {
    throw new UsageError(`${String(url)} is no address of Tilanne; it begins with http or https`);
  }
  if (!address.pathname.endsWith(`/${STREAM}`)) {
    const folder = address.pathname.endsWith("/") ? address.pathname : `${address.pathname}/`;
    address.pathname = folder + STREAM;
  }
  address.search = address.hash = "";
  return address.href;
}

function globalWebSocket(): new (url: string, protocols: string[]) => Socket {
  const { WebSocket } = globalThis as { WebSocket?: new (url: string, p: string[]) => Socket };
  if (WebSocket !== undefined) return WebSocket;
  throw new UsageError(
    "there is no WebSocket here: use Node 22, or 20 with --experimental-websocket, " +
      "or give one of a package as the option webSocket",
  );
}
