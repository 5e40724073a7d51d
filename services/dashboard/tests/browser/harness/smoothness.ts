/** How long the page's thread is busy at a time, and how far apart its frames are. */

import type { Page } from "playwright-core";

export interface Smoothness {
  /** Tasks of more than 50 ms, ms each. */
  tasks: number[];
  /** From each frame to the next, ms. */
  frames: number[];
}

declare global {
  interface Window {
    smoothness?: Smoothness;
  }
}

/** To run before the page's scripts. */
export function observeSmoothness(): void {
  const seen: Smoothness = { tasks: [], frames: [] };
  window.smoothness = seen;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: "longtask", buffered: false });
  let before: number | undefined;
  const frame = (nowMs: number): void => {
    if (before !== undefined) seen.frames.push(nowMs - before);
    before = nowMs;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

/** What is seen from now on for so long. */
export async function smoothnessFor(page: Page, durationMs: number): Promise<Smoothness> {
  return page.evaluate(async (durationMs) => {
    const seen = window.smoothness;
    if (seen === undefined) throw new Error("`observeSmoothness` did not run");
    seen.tasks.length = 0;
    seen.frames.length = 0;
    await new Promise((done) => setTimeout(done, durationMs));
    return { tasks: [...seen.tasks], frames: [...seen.frames] };
  }, durationMs);
}
