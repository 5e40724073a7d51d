/** What has changed: of one message, and of many for a reader who comes by now and then. */

import type { Layer, LayerObjects } from "./model.js";
import { LAYERS } from "./model.js";
import type { Removal, RemovalReason } from "./protocol.js";

/** One object that came, changed or went. */
export type Change = { [L in Layer]: ChangeOf<L> }[Layer];

/** One object of a layer that came, changed or went. */
export type ChangeOf<L extends Layer> =
  | { kind: "added"; layer: L; id: string; object: LayerObjects[L] }
  | { kind: "updated"; layer: L; id: string; object: LayerObjects[L]; before: LayerObjects[L] }
  | { kind: "removed"; layer: L; id: string; before: LayerObjects[L]; reason: RemovalReason };

/** What one message changed, by layer, so that a reader does only the work that is due. */
export interface Changes {
  /** Nothing of what was known before is there any more: another region, or another log. */
  reset: boolean;
  /** New and different objects. */
  updated: { [L in Layer]: LayerObjects[L][] };
  removed: { [L in Layer]: Removal[] };
  /** All of them one by one. */
  list: Change[];
}

export function noChanges(): Changes {
  const empty = () => Object.fromEntries(LAYERS.map((layer) => [layer, []]));
  return {
    reset: false,
    updated: empty() as unknown as Changes["updated"],
    removed: empty() as unknown as Changes["removed"],
    list: [],
  };
}

/**
 * What a reader has not taken yet: of each object only the newest, told as the difference to what
 * the reader knows. So it never has more entries than there are objects known to the reader or in
 * the picture, however long nobody reads.
 */
export class PendingChanges {
  private readonly changes = new Map<string, Change>();

  get size(): number {
    return this.changes.size;
  }

  add(change: Change): void {
    // No layer's name has a blank.
    const key = `${change.layer} ${change.id}`;
    const waiting = this.changes.get(key);
    const net = waiting === undefined ? change : merged(waiting, change);
    if (net === undefined) this.changes.delete(key);
    else this.changes.set(key, net);
  }

  take(): Change | undefined {
    for (const [key, change] of this.changes) {
      this.changes.delete(key);
      return change;
    }
    return undefined;
  }
}

/** Two changes of the same object as one; `undefined` when the reader need not know of either. */
function merged(first: Change, then: Change): Change | undefined {
  if (then.kind === "removed") {
    return first.kind === "added" ? undefined : ({ ...then, before: first.before } as Change);
  }
  if (first.kind === "added") return { ...then, kind: "added" } as Change;
  return { ...then, kind: "updated", before: first.before } as Change;
}
