/** The views of the page: the map with its column, pages of panels, and the reader's own board. */

import { PANELS } from "../panels";
import type { Panel, PanelSize } from "../panels/panel";
import { PANEL_SIZES } from "../panels/panel";

export const VIEWS = ["map", "now", "cities", "feeds", "replays", "board"] as const;
export type ViewName = (typeof VIEWS)[number];

/** A panel on a page of panels. */
export interface Placed {
  readonly panel: Panel;
  readonly size: PanelSize;
}

/** What each page holds, by the ids of panels; the map and the board are not fixed. */
const PAGES: Readonly<Record<Exclude<ViewName, "map" | "board">, string>> = {
  now: "wrong:wide,areas:third,alerts:full",
  cities: "cities:full",
  feeds: "ledger:full,dead_letters:full",
  replays: "what_if:full",
};

/** The board of who has not made one. */
export const FIRST_BOARD = "map:wide,wrong:third,cities:wide,feeds:third";

/** Most panels of a board. */
export const BOARD_PANELS_MAX = 24;

export function viewNamed(name: string | undefined): ViewName {
  return VIEWS.find((view) => view === name) ?? "map";
}

/** The panels of a page that is fixed. */
export function pageOf(view: Exclude<ViewName, "map" | "board">): readonly Placed[] {
  return readBoard(PAGES[view]);
}

/** Panels that a board may hold. */
export function boardPanels(): readonly Panel[] {
  return PANELS.filter(({ size }) => size !== undefined);
}

/** Reads `map:wide,wrong:third`; what is not known, or there twice, is left out. */
export function readBoard(text: string): readonly Placed[] {
  const placed = new Map<string, Placed>();
  for (const part of text.split(",")) {
    const [id, wanted] = part.split(":");
    const panel = boardPanels().find((known) => known.id === id);
    if (panel?.size === undefined || placed.size === BOARD_PANELS_MAX) continue;
    const size = PANEL_SIZES.find((known) => known === wanted) ?? panel.size;
    placed.set(panel.id, { panel, size });
  }
  return [...placed.values()];
}

export function writeBoard(placed: readonly Placed[]): string {
  return placed.map(({ panel, size }) => `${panel.id}:${size}`).join(",");
}
