/**
 * The part of a region's picture that this page is subscribed to. Pure: messages in, maps out.
 */

import type { Layer, LayerObjects, Origin } from "./model";
import { LAYERS } from "./model";
import type { DeltaMessage, SnapshotMessage } from "./protocol";

type Layers = { [L in Layer]: Map<string, LayerObjects[L]> };

/** What one message changed, so that a map layer does only the work that is due. */
export interface Changes {
  /** All that was known before is void. */
  reset: boolean;
  updated: { [L in Layer]: LayerObjects[L][] };
  removed: { [L in Layer]: string[] };
}

function noChanges(reset: boolean): Changes {
  return {
    reset,
    updated: {
      vehicles: [],
      detectors: [],
      situations: [],
      feeds: [],
      links: [],
      queues: [],
      areas: [],
      link_emissions: [],
      area_emissions: [],
    },
    removed: {
      vehicles: [],
      detectors: [],
      situations: [],
      feeds: [],
      links: [],
      queues: [],
      areas: [],
      link_emissions: [],
      area_emissions: [],
    },
  };
}

/** What became of a delta. A gap: a message was missed, and the picture cannot be trusted. */
export type Outcome = { kind: "applied"; changes: Changes } | { kind: "gap" };

export class Picture {
  region: string | undefined;
  epoch: string | undefined;
  sequence: number | null = null;
  origin: Origin | undefined;

  private readonly layers: Layers = {
    vehicles: new Map(),
    detectors: new Map(),
    situations: new Map(),
    feeds: new Map(),
    links: new Map(),
    queues: new Map(),
    areas: new Map(),
    link_emissions: new Map(),
    area_emissions: new Map(),
  };

  layer<L extends Layer>(layer: L): ReadonlyMap<string, LayerObjects[L]> {
    return this.layers[layer];
  }

  /** Replaces everything. */
  restore(message: SnapshotMessage): Changes {
    this.region = message.region;
    this.epoch = message.epoch;
    this.sequence = message.sequence;
    this.origin = message.origin;
    const changes = noChanges(true);
    for (const layer of LAYERS) this.layers[layer].clear();
    for (const layer of LAYERS) this.upsert(layer, message.objects[layer], changes);
    return changes;
  }

  /** Applies the next message of the same subscription. */
  apply(message: DeltaMessage): Outcome {
    const follows = message.epoch === this.epoch && message.previous === this.sequence;
    if (!follows || message.region !== this.region) return { kind: "gap" };
    this.sequence = message.sequence;
    const changes = noChanges(false);
    for (const layer of LAYERS) {
      for (const { id } of message.removed[layer] ?? []) {
        if (this.layers[layer].delete(id)) changes.removed[layer].push(id);
      }
      this.upsert(layer, message.updated[layer], changes);
    }
    return { kind: "applied", changes };
  }

  private upsert<L extends Layer>(
    layer: L,
    objects: LayerObjects[L][] | undefined,
    changes: Changes,
  ): void {
    for (const object of objects ?? []) {
      this.layers[layer].set(object.id, object);
      changes.updated[layer].push(object);
    }
  }
}
