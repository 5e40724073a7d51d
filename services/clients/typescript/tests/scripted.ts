/** A scripted server: what the client sends is kept, what it receives is said by the test. */

import type {
  Changes,
  ClientOptions,
  Problem,
  Socket,
  Surroundings,
  Vehicle,
} from "../src/index.js";
import { Client } from "../src/index.js";

export class ScriptedSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readonly sent: Record<string, unknown>[] = [];
  closed = false;
  bufferedAmount = 0;

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

  fail(): void {
    this.onerror?.({} as Event);
  }

  drop(code = 1006, reason = ""): void {
    this.onclose?.({ code, reason } as CloseEvent);
  }
}

interface Task {
  run: () => void;
  dueMs: number;
}

/** A world in which time passes only when the test says so. */
export class World {
  readonly sockets: ScriptedSocket[] = [];
  readonly connections: string[] = [];
  readonly changes: Changes[] = [];
  readonly states: string[] = [];
  readonly problems: string[] = [];
  private nowMs = 0;
  private tasks: Task[] = [];

  readonly surroundings: Surroundings = {
    connect: () => {
      const socket = new ScriptedSocket();
      this.sockets.push(socket);
      return socket;
    },
    later: (run, waitMs) => {
      const task = { run, dueMs: this.nowMs + waitMs };
      this.tasks.push(task);
      return () => {
        this.tasks = this.tasks.filter((other) => other !== task);
      };
    },
    random: () => 0,
    monotonicMs: () => this.nowMs,
  };

  /** Of a subscription of this world. */
  readonly listener = {
    changed: (changes: Changes) => void this.changes.push(changes),
    state: (state: string) => void this.states.push(state),
    problem: ({ title }: Problem) => void this.problems.push(title),
  };

  client(options: ClientOptions = {}): Client {
    return new Client("http://tilanne.example", {
      connection: (state) => this.connections.push(state),
      surroundings: this.surroundings,
      ...options,
    });
  }

  get socket(): ScriptedSocket {
    const newest = this.sockets.at(-1);
    if (newest === undefined) throw new Error("the client has not connected");
    return newest;
  }

  /** The id under which the client subscribed last. */
  get subscription(): unknown {
    const subscribed = ({ type }: Record<string, unknown>) =>
      type === "subscribe" || type === "subscribe_events";
    return this.socket.sent.findLast(subscribed)?.["id"];
  }

  pass(ms: number): void {
    const end = this.nowMs + ms;
    for (;;) {
      const due = this.tasks.filter(({ dueMs }) => dueMs <= end);
      due.sort((a, b) => a.dueMs - b.dueMs);
      const [next] = due;
      if (next === undefined) break;
      this.tasks = this.tasks.filter((task) => task !== next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
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

export function snapshot(
  id: unknown,
  sequence: number | null,
  vehicles: Vehicle[] = [],
  rest: object = {},
): object {
  const objects = { vehicles, detectors: [], situations: [], feeds: [] };
  const common = { type: "snapshot", id, region: "north", epoch: "e1", origin: "demo" };
  const counts = { lag_ms: 0, coalesced: 0, reason: "subscribed", cursor: `c${sequence}` };
  return { ...common, ...counts, sequence, time_ms: 1_000_000, objects, ...rest };
}

export function delta(
  id: unknown,
  previous: number | null,
  sequence: number,
  rest: object = {},
): object {
  const common = { type: "delta", id, region: "north", epoch: "e1", time_ms: 1_001_000 };
  const counts = { lag_ms: 3, coalesced: 1, cursor: `c${sequence}` };
  return { ...common, ...counts, previous, sequence, updated: {}, removed: {}, ...rest };
}

/** A message that is not the last of its kind. */
export const MORE = { more: true, cursor: undefined };
