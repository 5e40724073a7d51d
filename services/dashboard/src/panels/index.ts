/** Every panel, in the order of the page. To add one: a folder beside these, and a line here. */

import { areasPanel } from "./areas";
import { detailPanel } from "./detail";
import { emissionsPanel } from "./emissions";
import { feedsPanel } from "./feeds";
import { keyPanel } from "./key";
import { layersPanel } from "./layers";
import { legendPanel } from "./legend";
import { objectsPanel } from "./objects";
import type { Panel } from "./panel";

export const PANELS: readonly Panel[] = [
  detailPanel,
  keyPanel,
  layersPanel,
  areasPanel,
  emissionsPanel,
  feedsPanel,
  legendPanel,
  objectsPanel,
];
