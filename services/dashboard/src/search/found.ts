/** What was found: the seam between what finds, what lists and what goes there. */

import type { Box, Position } from "tilanne-client";
import type { Say, Speech } from "../i18n";
import type { Selection } from "../map/layer";
import type { City } from "../settings";
import type { Typed } from "./match";
import type { TEXTS } from "./texts";
import type { Things } from "./things";

/** Kinds of things, in the order in which they are listed when they fit as well. */
export const KINDS = [
  "city",
  "area",
  "line",
  "street",
  "stop",
  "vehicle",
  "detector",
  "weather",
  "situation",
] as const;
export type Kind = (typeof KINDS)[number];

/** Where to go: a city, a thing that is selected, or a place alone. What else is missing is found out. */
export interface Goal {
  readonly city?: City;
  readonly selection?: Selection;
  readonly place?: Position | undefined;
  /** What the map is to call the place, where nothing is drawn there. */
  readonly placeName?: string;
  /** All of it, where it is larger than a place. */
  readonly box?: Box | undefined;
}

export interface Found {
  /** Of all that is found, only this one has it. */
  readonly key: string;
  readonly kind: Kind;
  readonly name: string;
  /** What else helps to know it by. */
  readonly note: string;
  readonly rank: number;
  readonly goal: Goal;
}

export interface Group {
  readonly kind: Kind;
  /** The best of them, best first. */
  readonly items: readonly Found[];
  /** How many there are of this kind. */
  readonly total: number;
}

export type SearchText = keyof (typeof TEXTS)["en"];

/** What is searched, and how it is spoken of. */
export interface Search {
  readonly typed: Typed;
  /** Newest first. */
  readonly things: readonly Things[];
  readonly cities: readonly City[];
  /** Where the map looks: of many vehicles the nearest to it is meant. */
  readonly centre: Position;
  readonly nowMs: number;
  readonly speech: Speech;
  readonly say: Say<SearchText>;
}
