/**
 * When the vehicles are painted: at the display's rate while something moves, more seldom where a
 * frame costs much (a computer without a graphics card), and not at all while everything stands.
 * deck.gl asks here for its frames instead of the browser.
 */

/** A frame of a graphics card is done well within this, with all that is counted besides. */
const CHEAP_FRAME_MS = 25;
/** What paints dearer frames has this share of the time; the rest is the page's. */
const SHARE = 0.7;
/** However dear a frame is, vehicles must not stand longer. */
const LONGEST_PAUSE_MS = 500;
/** The middle of so many costs counts: one slow frame, as the first is, says nothing. */
const COSTS_KEPT = 5;
/** So often the graphics card is asked whether it is done. */
const LOOK_AGAIN_MS = 4;
/** More frames than this do not wait for the graphics card; of dear ones, only one. */
const MAX_IN_FLIGHT = 2;

/** Time from the start of a frame to that of the next, by what frames have lately cost; 0: at once. */
export function frameIntervalMs(costsMs: readonly number[]): number {
  const sorted = [...costsMs].sort((a, b) => a - b);
  const cost = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return cost <= CHEAP_FRAME_MS ? 0 : Math.min(cost / SHARE, LONGEST_PAUSE_MS);
}

/** Until the graphics card has done what it was given, or is gone. */
export function finished(gl: WebGL2RenderingContext): Promise<void> {
  const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
  return new Promise((resolve) => {
    const look = (): void => {
      const waits = fence !== null && !gl.isContextLost();
      if (waits && gl.clientWaitSync(fence, 0, 0) === gl.TIMEOUT_EXPIRED) {
        setTimeout(look, LOOK_AGAIN_MS);
        return;
      }
      gl.deleteSync(fence);
      resolve();
    };
    look();
  });
}

type Frame = (timeMs: number) => void;

/** What of the browser is used; tests have their own. */
export interface FrameClock {
  nowMs(): number;
  frame(run: Frame): void;
  later(run: () => void, ms: number): void;
}

/** deck.gl's source of frames (luma.gl's `AnimationFrameProvider`). */
export class FramePace {
  private waiting: Frame | undefined;
  private wanted = false;
  private planned = false;
  private inFlight = 0;
  private startedMs = Number.NEGATIVE_INFINITY;
  private readonly costsMs: number[] = [];

  /**
   * @param moving whether the next frame differs from the last
   * @param before called when a frame begins
   */
  constructor(
    private readonly clock: FrameClock,
    private readonly moving: () => boolean,
    private readonly before: () => void,
  ) {}

  readonly requestAnimationFrame = (run: Frame): number => {
    this.waiting = run;
    this.plan();
    return 1;
  };

  readonly cancelAnimationFrame = (): void => {
    this.waiting = undefined;
  };

  /** One more frame is needed, whether anything moves or not. */
  want(): void {
    this.wanted = true;
    this.plan();
  }

  /** A frame was handed to the graphics card, which is `done` with it later. */
  painted(done: Promise<void>): void {
    const startedMs = this.startedMs;
    this.inFlight += 1;
    void done.then(() => {
      this.inFlight -= 1;
      this.costsMs.push(this.clock.nowMs() - startedMs);
      if (this.costsMs.length > COSTS_KEPT) this.costsMs.shift();
      this.plan();
    });
  }

  private plan(): void {
    if (this.planned || this.waiting === undefined) return;
    if (!this.wanted && !this.moving()) return;
    const intervalMs = frameIntervalMs(this.costsMs);
    if (this.inFlight >= (intervalMs === 0 ? MAX_IN_FLIGHT : 1)) return;
    this.planned = true;
    const waitMs = this.startedMs + intervalMs - this.clock.nowMs();
    if (waitMs <= 1) this.clock.frame(this.run);
    else this.clock.later(() => this.clock.frame(this.run), waitMs);
  }

  private readonly run = (timeMs: number): void => {
    const { waiting } = this;
    this.planned = false;
    this.waiting = undefined;
    if (waiting === undefined) return;
    this.wanted = false;
    this.startedMs = this.clock.nowMs();
    this.before();
    waiting(timeMs);
  };
}
