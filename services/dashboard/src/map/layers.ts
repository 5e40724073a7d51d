/** Every layer of the map, from the bottom up. To add one: write it beside these, and list it. */

import { AreaLayer } from "./areas";
import { DetectorLayer } from "./detectors";
import { DistrictLayer } from "./districts";
import type { MapLayer } from "./layer";
import { LinkLayer } from "./links";
import { QueueLayer } from "./queues";
import { SituationLayer } from "./situations";
import { VehicleLayer } from "./vehicles";
import { WeatherLayer } from "./weather";

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
  const cells = new AreaLayer();
  return [
    cells,
    new DistrictLayer(() => cells.isShown),
    new LinkLayer(monotonicMs),
    new SituationLayer(),
    new QueueLayer(decimal),
    new DetectorLayer(),
    new WeatherLayer(decimal),
    new VehicleLayer(monotonicMs, glides),
  ];
}
