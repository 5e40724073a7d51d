/** Every layer of the map, from the bottom up. To add one: write it beside these, and list it. */

import { AreaLayer } from "./areas";
import { DetectorLayer } from "./detectors";
import type { MapLayer } from "./layer";
import { LinkLayer } from "./links";
import { QueueLayer } from "./queues";
import { SituationLayer } from "./situations";
import { VehicleLayer } from "./vehicles";

/**
 * @param monotonicMs the page's timer
 * @param glides whether movement is wanted
 * @param decimal the sign that the reader's language puts before tenths
 */
export function mapLayers(
  monotonicMs: () => number,
  glides: () => boolean,
  decimal: () => string,
): readonly MapLayer[] {
  return [
    new AreaLayer(),
    new LinkLayer(monotonicMs),
    new SituationLayer(),
    new QueueLayer(decimal),
    new DetectorLayer(),
    new VehicleLayer(monotonicMs, glides),
  ];
}
