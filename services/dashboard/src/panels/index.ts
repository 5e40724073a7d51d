/** Every panel, in the order of the page. To add one: a folder beside these, and a line here. */

import { alertsPanel } from "./alerts";
import { areasPanel } from "./areas";
import { citiesPanel } from "./cities";
import { deadLettersPanel } from "./dead_letters";
import { detailPanel } from "./detail";
import { emissionsPanel } from "./emissions";
import { feedsPanel } from "./feeds";
import { keyPanel } from "./key";
import { layersPanel } from "./layers";
import { ledgerPanel } from "./ledger";
import { legendPanel } from "./legend";
import { mapPanel } from "./map";
import { objectsPanel } from "./objects";
import type { Panel } from "./panel";
import { whatIfPanel } from "./what_if";
import { wrongPanel } from "./wrong";

export const PANELS: readonly Panel[] = [
  detailPanel,
  keyPanel,
  layersPanel,
  wrongPanel,
  alertsPanel,
  areasPanel,
  emissionsPanel,
  feedsPanel,
  legendPanel,
  objectsPanel,
  mapPanel,
  citiesPanel,
  ledgerPanel,
  deadLettersPanel,
  whatIfPanel,
];
