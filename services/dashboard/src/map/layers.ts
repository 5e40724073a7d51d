/** Every layer of the map, from the bottom up. To add one: write it beside these, and list it. */

import { DetectorLayer } from "./detectors";
import type { MapLayer } from "./layer";
import { SituationLayer } from "./situations";
import { VehicleLayer } from "./vehicles";

export function mapLayers(monotonicMs: () => number, glides: () => boolean): readonly MapLayer[] {
  return [new SituationLayer(), new DetectorLayer(), new VehicleLayer(monotonicMs, glides)];
}
