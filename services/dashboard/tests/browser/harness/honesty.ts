/**
 * Looks at the page all the time, from within: whether it ever calls a picture live that no longer
 * changes. The server speaks each second, so a picture that stands still is an old one.
 */

import type { Page } from "playwright-core";

/** The page calls a picture silent after 6 s, and looks once a second; the rest is for a slow machine. */
export const LONGEST_STILL_MS = 9_000;

export interface Honesty {
  /** Longest time in which the header said `live` and nothing changed, ms. */
  liveButStillMs: number;
  /** Looks at which the header and the map said different things of the same picture. */
  contradictions: number;
  looks: number;
}

declare global {
  interface Window {
    honesty?: Honesty;
  }
}

/** To run before the page's scripts. */
export function observeHonesty(): void {
  const LOOK_EVERY_MS = 100;
  // The page's clocks may be tampered with after this.
  const now = performance.now.bind(performance);
  const seen: Honesty = { liveButStillMs: 0, contradictions: 0, looks: 0 };
  window.honesty = seen;
  let sequence: number | null | undefined;
  let stillMs = 0;
  let lookedMs = now();
  setInterval(() => {
    const passedMs = now() - lookedMs;
    lookedMs += passedMs;
    const state = document.querySelector<HTMLElement>("[data-testid=connection]")?.dataset["state"];
    if (state === undefined || window.tilanne === undefined) return;
    seen.looks += 1;
    const isGrey = document.querySelector(".stale-picture") !== null;
    if (isGrey !== (state === "lost" || state === "silent")) seen.contradictions += 1;
    const newest = window.tilanne.state().sequence;
    // Who was asleep has shown nothing meanwhile.
    const shownMs = Math.min(passedMs, 10 * LOOK_EVERY_MS);
    stillMs = state === "live" && newest === sequence ? stillMs + shownMs : 0;
    sequence = newest;
    seen.liveButStillMs = Math.max(seen.liveButStillMs, stillMs);
  }, LOOK_EVERY_MS);
}

export async function honestyOf(page: Page): Promise<Honesty> {
  const seen = await page.evaluate(() => window.honesty);
  if (seen === undefined) throw new Error("nobody has looked: `observeHonesty` did not run");
  return seen;
}
