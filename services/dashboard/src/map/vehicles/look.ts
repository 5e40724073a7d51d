/** How vehicles look: ages and sizes. Pure. */

/** A position older than this must not look live. */
export const STALE_AFTER_MS = 60_000;
/** A vehicle turns grey over this long, up to the moment at which it is stale. */
export const FADE_MS = 15_000;
/** What is left of a stale vehicle's opacity. */
export const STALE_OPACITY = 0.6;
/** From here on there is room for the line beside each vehicle. */
export const LABELS_FROM_ZOOM = 13;
/** A label begins this far from the middle of its symbol, radii of the symbol. */
export const LABEL_GAP_RADII = 1.9;

/** From 0 (fresh) to 1 (stale), by the age of the position. `glide.ts` does the same. */
export function staleness(ageMs: number): number {
  return Math.min(1, Math.max(0, (ageMs - (STALE_AFTER_MS - FADE_MS)) / FADE_MS));
}

/**
 * Radius of a symbol's body in CSS pixels: about as wide as a main street is drawn, so that the
 * street's colour is seen beside it; larger only where streets are too.
 */
export function radiusPx(zoom: number): number {
  const small = 2.4 + (zoom - 9.5) * 0.45;
  return Math.min(9, Math.max(2.4, small + Math.max(0, zoom - 14.5) * 1.6));
}

/** Red, green and blue from 0 to 255 of a `#rrggbb` colour. */
export function rgb(colour: string): [red: number, green: number, blue: number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [(bits >> 16) & 255, (bits >> 8) & 255, bits & 255];
}
