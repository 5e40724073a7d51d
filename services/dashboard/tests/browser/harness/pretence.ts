/**
 * Looks at the page all the time, from within: whether it ever calls live what is of the past, or of
 * the past what is live. The parked car says which it is.
 */

import type { Page } from "playwright-core";
import { PARKED, PARKED_NOW, PARKED_THEN } from "./cars";

export interface Pretence {
  /** Looks at which the header said something else than the car. */
  pretences: number;
  /** Looks at which the car was there. */
  looks: number;
}

declare global {
  interface Window {
    pretence?: Pretence;
  }
}

/** Begins to look. */
export async function watchPretence(page: Page): Promise<void> {
  const parked = { id: `cars:${PARKED}`, then: PARKED_THEN, now: PARKED_NOW };
  await page.evaluate(({ id, then, now }) => {
    const LOOK_EVERY_MS = 50;
    const seen: Pretence = { pretences: 0, looks: 0 };
    window.pretence = seen;
    setInterval(() => {
      const state = document.querySelector<HTMLElement>("[data-testid=connection]")?.dataset[
        "state"
      ];
      const place = window.tilanne?.vehiclePosition(id);
      if (place === undefined) return;
      const isAt = ({ latitude_deg }: { latitude_deg: number }): boolean =>
        Math.abs(latitude_deg - place.latitude_deg) < 1e-4;
      seen.looks += 1;
      if (isAt(then) === isAt(now) || (isAt(then) && state === "live")) seen.pretences += 1;
    }, LOOK_EVERY_MS);
  }, parked);
}

export async function pretenceOf(page: Page): Promise<Pretence> {
  const seen = await page.evaluate(() => window.pretence);
  if (seen === undefined) throw new Error("nobody has looked");
  return seen;
}
