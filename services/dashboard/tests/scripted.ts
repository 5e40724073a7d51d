/** A scripted server: what the client sends is kept, what it receives is said by the test. */

import type { Listener, Socket, Surroundings } from "../src/stream/client";
import { StreamClient } from "../src/stream/client";
import { ServerClock } from "../src/stream/clock";
import type { Vehicle } from "../src/stream/model";
import type { Changes } from "../src/stream/picture";

export class ScriptedSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;

  send(frame: string): void {
    this.sent.push(JSON.parse(frame) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
  }

  open(): void {
    this.onopen?.({} as Event);
  }

  say(message: unknown): void {
    const data = typeof message === "string" ? message : JSON.stringify(message);
    this.onmessage?.({ data } as MessageEvent);
  }

  drop(): void {
    this.onclose?.({} as CloseEvent);
  }
}

interface Task {
  run: () => void;
  dueMs: number;
}

/** A client in a world in which time passes only when the test says so. */
export class World {
  readonly sockets: ScriptedSocket[] = [];
  readonly states: string[] = [];
  readonly problems: string[] = [];
  readonly changes: Changes[] = [];
  readonly clock: ServerClock;
  readonly client: StreamClient;
  private nowMs = 0;
  private tasks: Task[] = [];

  constructor() {
    this.clock = new ServerClock(() => this.nowMs);
    const outside: Surroundings = {
      connect: () => {
        const socket = new ScriptedSocket();
        this.sockets.push(socket);
        return socket;
      },
      clock: this.clock,
      later: (run, waitMs) => {
        const task = { run, dueMs: this.nowMs + waitMs };
        this.tasks.push(task);
        return () => {
          this.tasks = this.tasks.filter((other) => other !== task);
        };
      },
      random: () => 0,
    };
    const listener: Listener = {
      changed: (changes) => this.changes.push(changes),
      connection: (state) => this.states.push(state),
      problem: ({ title }) => this.problems.push(title),
    };
    this.client = new StreamClient(outside, listener);
  }

  get socket(): ScriptedSocket {
    const newest = this.sockets.at(-1);
    if (newest === undefined) throw new Error("the client has not connected");
    return newest;
  }

  /** The id under which the client subscribed last. */
  get subscription(): unknown {
    return this.socket.sent.findLast(({ type }) => type === "subscribe")?.["id"];
  }

  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.tasks.filter(({ dueMs }) => dueMs <= end);
      due.sort((a, b) => a.dueMs - b.dueMs);
      const [next] = due;
      if (next === undefined) break;
      this.tasks = this.tasks.filter((task) => task !== next);
      this.nowMs = next.dueMs;
      next.run();
    }
    this.nowMs = end;
  }
}

export function vehicle(id: string, longitude_deg = 25, latitude_deg = 60, timeMs = 0): Vehicle {
  return {
    id,
    feed: "feed",
    event_time_ms: timeMs,
    received_time_ms: timeMs,
    position_time_ms: timeMs,
    verdicts: [],
    report: { mode: "bus", position: { longitude_deg, latitude_deg } },
  };
}

export function snapshot(id: unknown, sequence: number | null, vehicles: Vehicle[] = []): object {
  const objects = { vehicles, detectors: [], situations: [], feeds: [] };
  const common = { type: "snapshot", id, region: "north", epoch: "e1", origin: "demo" };
  return { ...common, sequence, time_ms: 1_000_000, objects };
}

export function delta(
  id: unknown,
  previous: number | null,
  sequence: number,
  more: object = {},
): object {
  const common = { type: "delta", id, region: "north", epoch: "e1", time_ms: 1_001_000 };
  return { ...common, previous, sequence, updated: {}, removed: {}, ...more };
}
