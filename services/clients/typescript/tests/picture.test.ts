import { describe, expect, it } from "vitest";
import type { DeltaMessage, SnapshotMessage, Vehicle } from "../src/index.js";
import { LAYERS, Picture, noChanges, parseServerMessage } from "../src/index.js";
import { PendingChanges } from "../src/changes.js";
import { snapshot, vehicle } from "./scripted.js";

/** The same sequence for the same seed (mulberry32), so that a failure can be repeated. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return Math.floor((((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

type Range = readonly [number, number];
type Log = { id: string; at: number | undefined }[];

const PLACES = 6;

/** The protocol as the server keeps it, for objects on a line of which a range is selected. */
class Server {
  readonly log: Log = [];
  private readonly held = new Map<string, number>();
  private pending = new Set<string>();
  private sequence = 0;

  constructor(private readonly random: (below: number) => number) {}

  change(): void {
    const at = this.random(5) === 0 ? undefined : this.random(PLACES);
    this.log.push({ id: `v${this.random(8)}`, at });
  }

  world([low, high]: Range, until = this.log.length): Map<string, number> {
    const all = new Map<string, number>();
    for (const { id, at } of this.log.slice(0, until)) {
      if (at !== undefined && low <= at && at <= high) all.set(id, at);
      else all.delete(id);
    }
    return all;
  }

  snapshot(range: Range): SnapshotMessage {
    this.held.clear();
    this.pending = new Set(this.world(range).keys());
    this.sequence = this.log.length;
    const objects = { vehicles: this.some(range) };
    return { ...this.stamp(range), type: "snapshot", origin: "demo", reason: "", objects };
  }

  /** From a cursor; or everything when that is of another selection or too old. */
  resume(cursor: string, range: Range): SnapshotMessage | DeltaMessage {
    const [, sequence, low, high] = cursor.split("~").map(Number);
    const since = sequence ?? 0;
    const isSame = low === range[0] && high === range[1];
    if (!isSame || this.log.length - since > 12) return this.snapshot(range);
    this.held.clear();
    this.pending.clear();
    const now = this.world(range);
    const missed = new Set(this.log.slice(since).map(({ id }) => id));
    for (const [id, at] of now) this.held.set(id, at);
    // It is not known which of these the client has, nor in which version.
    for (const id of missed) this.held.set(id, -1);
    this.sequence = since;
    return this.delta(range);
  }

  delta(range: Range): DeltaMessage {
    const previous = this.sequence;
    const now = this.world(range);
    const gone = [...this.held.keys()].filter((id) => !now.has(id));
    for (const id of gone) this.held.delete(id);
    for (const [id, at] of now) if (this.held.get(id) !== at) this.pending.add(id);
    this.sequence = this.log.length;
    const vehicles = this.some(range);
    const removed = { vehicles: gone.map((id) => ({ id, reason: "left" })) };
    const changes = { previous, updated: { vehicles }, removed };
    return { ...this.stamp(range), type: "delta", ...changes };
  }

  /** What is pending, or some of it. */
  private some(range: Range): Vehicle[] {
    const now = this.world(range);
    const ids = [...this.pending].slice(0, this.random(3) === 0 ? 1 : undefined);
    const there = ids.filter((id) => now.has(id));
    for (const id of ids) this.pending.delete(id);
    for (const id of [...this.pending]) if (!now.has(id)) this.pending.delete(id);
    for (const id of there) this.held.set(id, now.get(id) ?? 0);
    return there.map((id) => vehicle(id, now.get(id)));
  }

  private stamp([low, high]: Range) {
    const more = this.pending.size > 0;
    const cursor = more ? undefined : `e~${this.sequence}~${low}~${high}`;
    const of = { id: "s", region: "north", epoch: "e", sequence: this.sequence, cursor };
    return { ...of, more, time_ms: 0, lag_ms: 0, coalesced: 0 };
  }
}

const told = (entries: Iterable<[string, number | undefined]>) =>
  [...entries].map(([id, at]) => `${id}@${at}`).sort();

describe("the picture", () => {
  it("is what the server has, whatever is cut, moved and split", () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = chance(seed);
      const server = new Server(random);
      const picture = new Picture();
      // A reader that comes by now and then, and keeps what it is told.
      const pending = new PendingChanges();
      const read = new Map<string, number | undefined>();
      let range: Range = [0, PLACES];
      const hear = (message: SnapshotMessage | DeltaMessage): void => {
        const outcome =
          message.type === "snapshot"
            ? { kind: "applied" as const, changes: picture.restore(message) }
            : picture.apply(message);
        if (outcome.kind === "gap") throw new Error(`gap with seed ${seed}`);
        for (const change of outcome.changes.list) pending.add(change);
      };
      hear(server.snapshot(range));
      for (let step = 0; step < 120; step += 1) {
        const what = random(20);
        let isCut = what >= 18;
        if (what < 10) server.change();
        else if (what < 15) hear(server.delta(range));
        else if (what < 18) {
          const low = random(PLACES);
          range = random(2) === 0 ? [0, PLACES] : [low, low + random(3)];
          picture.moved();
          // The connection may break before the server has heard of it.
          isCut = random(4) === 0;
          if (!isCut) hear(server.delta(range));
        }
        if (isCut) {
          const cursor = picture.resume();
          picture.settled();
          hear(cursor === undefined ? server.snapshot(range) : server.resume(cursor, range));
        }
        if (picture.complete) {
          const vehicles = [...picture.layer("vehicles")];
          const ours = vehicles.map(([id, { report }]): [string, number | undefined] => [
            id,
            report.position?.longitude_deg,
          ]);
          const asOf = picture.sequence ?? 0;
          if (what >= 10) {
            expect(told(ours), `seed ${seed}`).toEqual(told(server.world(range, asOf)));
          }
          if (random(6) > 0) continue;
          for (let change = pending.take(); change !== undefined; change = pending.take()) {
            if (change.layer !== "vehicles") throw new Error("only vehicles here");
            expect(change.kind === "added", `seed ${seed}`).toBe(!read.has(change.id));
            if (change.kind === "removed") read.delete(change.id);
            else read.set(change.id, change.object.report.position?.longitude_deg);
          }
          expect(told(read), `seed ${seed}`).toEqual(told(ours));
        }
      }
    }
  });

  it("has all layers in its changes", () => {
    const { updated, removed, list, reset } = noChanges();
    expect(Object.keys(updated)).toEqual(Object.keys(removed));
    expect([Object.keys(updated).length, list.length, reset]).toEqual([LAYERS.length, 0, false]);
    expect(updated.vehicles).not.toBe(updated.trips);
  });

  it("never passes for live when the origin is not known", () => {
    const text = JSON.stringify({ ...snapshot("m", 1), origin: "something new" });
    expect(parseServerMessage(text)).toMatchObject({ origin: "replay" });
  });
});
