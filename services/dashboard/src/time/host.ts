/** What the parts of Time may see and do of the page. */

import type { Position } from "tilanne-client";
import type { Speech } from "../i18n";
import type { Selection } from "../map/layer";
import type { Scene } from "../scene";
import type { Frame } from "../shell/frame";
import type { Pictures } from "./pictures";

export interface TimeHost {
  readonly scene: Scene;
  readonly frame: Frame;
  readonly pictures: Pictures;
  speech(): Speech;
  dark(): boolean;
  selection(): Selection | undefined;
  mapShown(): boolean;
  select(selection: Selection | undefined): void;
  showOnMap(selection: Selection, place: Position | undefined): void;
  /** Turns to the map, where it cannot be seen. */
  showMap(): void;
  /** Turns to a city of the region, where there is one. */
  chooseRegion(region: string): void;
  /** Another picture is looked at: map and panels begin anew. */
  followed(): void;
  /** Where or when is another one: header and address are brought to date. */
  told(): void;
}
