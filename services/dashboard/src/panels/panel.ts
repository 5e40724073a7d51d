/**
 * The seam of the page: a panel shows one thing about the picture. One folder a panel, one entry in
 * `index.ts`; no panel knows another one.
 */

import type { Layer, LayerObjects, Picture } from "tilanne-client";
import type { Explanations } from "../explanations";
import type { FeedLabels } from "../feed_labels";
import type { MessageKey, Speech } from "../i18n";
import type { Timelines } from "../emission/timeline";
import type { MapLayerName, Selection, StreetScale } from "../map/layer";
import type { Cadence } from "../stream/cadence";
import type { LiveState } from "../stream/live";

export type { MapLayerName } from "../map/layer";

export type InView = { readonly [L in MapLayerName]: readonly LayerObjects[L][] };

/** What a panel may see and do. Read anew at each update. */
export interface PanelContext {
  readonly speech: Speech;
  readonly picture: Picture;
  readonly cadence: Cadence;
  readonly labels: FeedLabels;
  readonly connection: LiveState;
  /** The server's time; `undefined` before the first message. */
  readonly nowMs: number | undefined;
  readonly inView: InView;
  readonly selection: Selection | undefined;
  /** Whether the scheme is dark: the legend draws colours, it does not only style them. */
  readonly dark: boolean;
  readonly explanations: Explanations;
  /** Why streets are not shown, when they are not. */
  readonly streetsHint: MessageKey | undefined;
  readonly streetScale: StreetScale;
  /** Whether cells of the grid are drawn. */
  readonly cellsShown: boolean;
  /** There are more cells in view than the server gives. */
  readonly tooManyCells: boolean;
  readonly timelines: Timelines;
  colourStreets(scale: StreetScale): void;
  isShown(layer: MapLayerName): boolean;
  showLayer(layer: MapLayerName, shown: boolean): void;
  select(selection: Selection | undefined): void;
  /** Tells a screen reader, politely. */
  announce(text: string): void;
}

export interface Panel {
  readonly id: string;
  readonly title: MessageKey;
  /**
   * In the column at the side; over the map as a card when something is selected; or in a corner of
   * the map, always.
   */
  readonly place: "side" | "card" | "corner";
  readonly opensAtStart: boolean;
  /** Layers of the picture that are asked for only while this panel is open, because it is. */
  needs?(context: PanelContext): readonly Layer[];
  /** Builds the panel once for a language; returns what brings it up to date. */
  mount(body: HTMLElement, context: () => PanelContext): () => void;
}
