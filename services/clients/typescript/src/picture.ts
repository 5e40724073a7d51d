/**
 * The part of a region's picture that a subscription selects, as the server has it. Pure: messages
 * in, changes out.
 *
 * A snapshot replaces everything. It is applied as the difference to what was there, and where it
 * comes in several messages, what it has not named goes when the last of them is there: who draws
 * the picture sees no empty moment.
 */

import type { Change, Changes } from "./changes.js";
import { noChanges } from "./changes.js";
import type { Layer, LayerObjects, Origin } from "./model.js";
import { LAYERS } from "./model.js";
import type { DeltaMessage, Objects, RemovalReason, SnapshotMessage } from "./protocol.js";

type Layers = { [L in Layer]: Map<string, LayerObjects[L]> };

/** What became of a delta. A gap: a message was missed, and the picture cannot be trusted. */
export type Outcome = { kind: "applied"; changes: Changes } | { kind: "gap" };

export class Picture {
  region: string | undefined;
  epoch: string | undefined;
  sequence: number | null = null;
  origin: Origin | undefined;
  /** Everything selected as of `sequence` is there; not while more of it is on its way. */
  complete = false;

  private readonly layers = Object.fromEntries(
    LAYERS.map((layer) => [layer, new Map()]),
  ) as unknown as Layers;
  /** What a snapshot that is not over has not named yet. */
  private readonly unconfirmed = Object.fromEntries(
    LAYERS.map((layer) => [layer, new Set<string>()]),
  ) as unknown as { [L in Layer]: Set<string> };
  /** Where the picture can be taken up again, and the sequence of that place. */
  private place: { cursor: string; sequence: number | null } | undefined;
  private selectionMoved = false;

  layer<L extends Layer>(layer: L): ReadonlyMap<string, LayerObjects[L]> {
    return this.layers[layer];
  }

  get size(): number {
    return LAYERS.reduce((sum, layer) => sum + this.layers[layer].size, 0);
  }

  /** Everything as changes, for a reader who knows nothing yet. */
  *all(): Generator<Change> {
    for (const layer of LAYERS) {
      for (const [id, object] of this.layers[layer]) {
        yield { kind: "added", layer, id, object } as Change;
      }
    }
  }

  /**
   * The cursor to take up from, and from now on expects the delta that does; `undefined` when only a
   * snapshot helps.
   */
  resume(): string | undefined {
    this.complete = false;
    if (this.place !== undefined) this.sequence = this.place.sequence;
    return this.place?.cursor;
  }

  /** Another selection is asked for: from now on an unfinished change of it may lie in between. */
  moved(): void {
    this.selectionMoved = true;
  }

  /** A new subscription to the same selection: nothing lies in between. */
  settled(): void {
    this.selectionMoved = false;
  }

  /** Replaces everything. */
  restore(message: SnapshotMessage): Changes {
    const changes = noChanges();
    changes.reset = message.region !== this.region || message.epoch !== this.epoch;
    this.region = message.region;
    this.epoch = message.epoch;
    this.sequence = message.sequence;
    this.origin = message.origin;
    this.place = undefined;
    for (const layer of LAYERS) {
      const unconfirmed = this.unconfirmed[layer];
      unconfirmed.clear();
      for (const id of this.layers[layer].keys()) unconfirmed.add(id);
    }
    if (changes.reset) this.dropUnconfirmed(changes);
    this.upsert(message.objects, changes);
    this.reach(message, changes);
    return changes;
  }

  /** Applies the next message of the same subscription. */
  apply(message: DeltaMessage): Outcome {
    const follows = message.epoch === this.epoch && message.previous === this.sequence;
    if (!follows || message.region !== this.region) return { kind: "gap" };
    this.sequence = message.sequence;
    const changes = noChanges();
    for (const layer of LAYERS) {
      for (const { id, reason } of message.removed[layer] ?? []) {
        this.remove(layer, id, reason, changes);
      }
    }
    this.upsert(message.updated, changes);
    this.reach(message, changes);
    return { kind: "applied", changes };
  }

  private reach(message: SnapshotMessage | DeltaMessage, changes: Changes): void {
    const { cursor, sequence } = message;
    this.complete = !message.more;
    if (this.complete) this.dropUnconfirmed(changes);
    if (cursor !== undefined) {
      this.place = { cursor, sequence };
    } else if (this.selectionMoved) {
      // Half of the way to another selection, the place before is no longer one of this picture.
      this.place = undefined;
    }
  }

  private dropUnconfirmed(changes: Changes): void {
    for (const layer of LAYERS) {
      const unconfirmed = this.unconfirmed[layer];
      for (const id of unconfirmed) this.remove(layer, id, "replaced", changes);
      unconfirmed.clear();
    }
  }

  private remove<L extends Layer>(
    layer: L,
    id: string,
    reason: RemovalReason,
    changes: Changes,
  ): void {
    const before = this.layers[layer].get(id);
    // After resuming the server may name what this client never had.
    if (before === undefined) return;
    this.layers[layer].delete(id);
    this.unconfirmed[layer].delete(id);
    changes.removed[layer].push({ id, reason });
    changes.list.push({ kind: "removed", layer, id, before, reason } as Change);
  }

  private upsert(objects: Objects, changes: Changes): void {
    for (const layer of LAYERS) this.upsertLayer(layer, objects[layer] ?? [], changes);
  }

  private upsertLayer<L extends Layer>(
    layer: L,
    objects: LayerObjects[L][],
    changes: Changes,
  ): void {
    for (const object of objects) {
      const { id } = object;
      const before = this.layers[layer].get(id);
      this.layers[layer].set(id, object);
      this.unconfirmed[layer].delete(id);
      changes.updated[layer].push(object);
      const change =
        before === undefined
          ? { kind: "added", layer, id, object }
          : { kind: "updated", layer, id, object, before };
      changes.list.push(change as Change);
    }
  }
}
