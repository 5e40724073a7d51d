/**
 * `window.tilanne`: lets the tests of the project look into a running page. Read-only; it is no
 * programming interface, and nothing in the page uses it.
 */

import type { Layer, Position } from "tilanne-client";
import type { LivePicture } from "./stream/live";

export interface Inspection {
  state(): {
    vehicles: number;
    detectors: number;
    situations: number;
    links: number;
    queues: number;
    areas: number;
    link_emissions: number;
    area_emissions: number;
    sequence: number | null;
    connected: boolean;
  };
  /** Where a vehicle is drawn at this moment. */
  vehiclePosition(id: string): Position | undefined;
}

declare global {
  interface Window {
    readonly tilanne?: Inspection;
  }
}

/**
 * @param live what the page looks at
 * @param vehiclePosition where a vehicle is drawn
 */
export function expose(
  live: () => LivePicture,
  vehiclePosition: Inspection["vehiclePosition"],
): void {
  const size = (layer: Layer): number => live().picture.layer(layer).size;
  const inspection: Inspection = {
    state: () => ({
      vehicles: size("vehicles"),
      detectors: size("detectors"),
      situations: size("situations"),
      links: size("links"),
      queues: size("queues"),
      areas: size("areas"),
      link_emissions: size("link_emissions"),
      area_emissions: size("area_emissions"),
      sequence: live().picture.sequence,
      connected: live().state === "live",
    }),
    vehiclePosition,
  };
  Object.defineProperty(window, "tilanne", { value: Object.freeze(inspection) });
}
