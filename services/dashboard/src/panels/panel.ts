/**
 * The seam of the page: a panel shows one thing about the picture. One folder a panel, one entry in
 * `index.ts`; no panel knows another one.
 */

import type { Layer, LayerObjects, Picture, Position, Vehicle } from "tilanne-client";
import type { Explanations } from "../explanations";
import type { FeedLabels } from "../feed_labels";
import type { MessageKey, Speech } from "../i18n";
import type { Timelines } from "../emission/timeline";
import type { MapLayerName, Selection, ShownLayer, StreetScale, VehicleScale } from "../map/layer";
import type { City, Settings } from "../settings";
import type { Cadence } from "../stream/cadence";
import type { LiveState } from "../stream/live";
import type { Overview } from "../stream/overview";
import type { Source } from "../stream/source";
import type { ShownVehicle } from "../stream/vehicle_fields";
import type { ReplayControl } from "../time/control";

export type { MapLayerName } from "../map/layer";

interface ShownObjects extends Omit<LayerObjects, "vehicles"> {
  vehicles: ShownVehicle;
}

export type InView = { readonly [L in MapLayerName]: readonly ShownObjects[ShownLayer<L>][] };

/** What a panel may see and do. Read anew at each update. */
export interface PanelContext {
  readonly speech: Speech;
  readonly settings: Settings;
  /** The city that is looked at; its `region` is the one of `picture`. */
  readonly city: City;
  readonly picture: Picture;
  /** All of the vehicle that is selected: of the others the picture has a part. */
  vehicle(id: string): Vehicle | undefined;
  /** All regions, while a panel with `overview` is seen. */
  readonly overview: Overview;
  /** Where all of this comes from, to ask it for what the stream does not carry. */
  readonly source: Source;
  readonly cadence: Cadence;
  readonly labels: FeedLabels;
  readonly connection: LiveState;
  /** The server's time; `undefined` before the first message. */
  readonly nowMs: number | undefined;
  readonly inView: InView;
  readonly selection: Selection | undefined;
  /**
   * Whether the scheme is dark, for a panel that draws colours and does not only style them. It changes
   * while the panel is there, which then draws them anew and nothing else.
   */
  readonly dark: boolean;
  readonly explanations: Explanations;
  /** Why streets are not shown, when they are not. */
  readonly streetsHint: MessageKey | undefined;
  readonly streetScale: StreetScale;
  readonly vehicleScale: VehicleScale;
  /** Whether cells of the grid are drawn. */
  readonly cellsShown: boolean;
  /** There are more cells in view than the server gives. */
  readonly tooManyCells: boolean;
  readonly timelines: Timelines;
  /** Replays of the past: where they are run, and which of them is shown. */
  readonly replays: ReplayControl;
  /** The stage with the map, for the panel that holds it. */
  readonly stage: HTMLElement;
  colourStreets(scale: StreetScale): void;
  colourVehicles(scale: VehicleScale): void;
  isShown(layer: MapLayerName): boolean;
  showLayer(layer: MapLayerName, shown: boolean): void;
  select(selection: Selection | undefined): void;
  /** Turns to the map, to the city that has the place, and selects what is there. */
  showOnMap(selection: Selection, place: Position | undefined): void;
  chooseCity(city: City): void;
  /** Tells a screen reader, politely. */
  announce(text: string): void;
}

/** Share of the width of a page of panels: a third, two thirds, all of it. */
export const PANEL_SIZES = ["third", "wide", "full"] as const;
export type PanelSize = (typeof PANEL_SIZES)[number];

export interface Panel {
  readonly id: string;
  title(speech: Speech): string;
  /**
   * In the column beside the map; over the map as a card when something is selected; in a corner of
   * the map, always; or only on pages of panels.
   */
  readonly place: "side" | "card" | "corner" | "page";
  /** Whether it is open in the column at first. */
  readonly opensAtStart: boolean;
  /** Room that it takes on a page of panels; missing where it makes sense beside the map alone. */
  readonly size?: PanelSize;
  /** Layers of the picture that are asked for only while this panel is open, because it is. */
  needs?(context: PanelContext): readonly Layer[];
  /** Whether it shows all regions. */
  readonly overview?: boolean;
  /** Builds the panel once for a language; returns what brings it up to date, each second. */
  mount(body: HTMLElement, context: () => PanelContext): () => void;
}

/** A panel that is on the page. */
export interface Mounted {
  readonly panel: Panel;
  isOpen(): boolean;
  update(): void;
}
