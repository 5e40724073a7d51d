/**
 * Then and now: the past alone, beside the present, or as the difference to it. Of a what-if the
 * same picture without the change takes the place of the present.
 */

import { DifferenceView } from "./difference_view";
import type { TimeHost } from "./host";
import type { Replay } from "./replay";
import { SideBySide } from "./side_by_side";

export const COMPARISONS = ["only", "side", "difference"] as const;
export type ComparisonKind = (typeof COMPARISONS)[number];

export class Comparison {
  private chosen: ComparisonKind = "only";
  private side: SideBySide | undefined;
  private difference: DifferenceView | undefined;
  private replay: Replay | undefined;

  constructor(private readonly host: TimeHost) {}

  get kind(): ComparisonKind {
    return this.chosen;
  }

  choose(kind: ComparisonKind): void {
    if (kind === this.chosen) return;
    this.chosen = kind;
    this.arrange();
  }

  /** Follows what is shown; without a past there is nothing to compare. */
  show(replay: Replay | undefined): void {
    const isOther = this.other(this.replay) !== this.other(replay);
    this.replay = replay;
    if (replay === undefined) this.chosen = "only";
    if (isOther || replay === undefined) this.close();
    this.arrange();
  }

  /** A second went by, or something has changed. */
  tick(): void {
    this.side?.tick();
    if (this.replay !== undefined) this.difference?.update(this.replay);
  }

  /** The first map is on its way: the second goes with it. */
  moved(): void {
    this.side?.follow();
  }

  /** Layers, colours or the selection are others. */
  changed(): void {
    this.side?.changed();
  }

  /** The language of the page is another one. */
  rebuild(): void {
    this.side?.rebuild();
    this.difference?.rebuild();
  }

  /** The colours of the page are others. */
  restyle(): void {
    this.side?.restyle();
    this.difference?.restyle();
  }

  private arrange(): void {
    const { host, chosen, replay } = this;
    const other = this.other(replay);
    if (chosen !== "side") {
      this.side?.close();
      this.side = undefined;
    } else if (this.side === undefined && other !== undefined && replay !== undefined) {
      this.side = new SideBySide(host, other, replay.baseline !== undefined);
    }
    if (chosen !== "difference") {
      this.difference?.close();
      this.difference = undefined;
    } else if (replay !== undefined) this.difference ??= new DifferenceView(host);
    this.tick();
  }

  /** Where the picture is that the past is compared with. */
  private other(replay: Replay | undefined): string | undefined {
    if (replay === undefined) return undefined;
    const { root } = this.host.pictures;
    return replay.baseline === undefined ? root.url : new URL(replay.baseline, root.url).href;
  }

  private close(): void {
    this.side?.close();
    this.difference?.close();
    this.side = this.difference = undefined;
  }
}
