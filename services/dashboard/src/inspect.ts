/**
 * `window.tilanne`: lets the tests of the project look into a running page. Read-only; it is no
 * programming interface, and nothing in the page uses it.
 */

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

export function expose(inspection: Inspection): void {
  Object.defineProperty(window, "tilanne", { value: Object.freeze(inspection) });
}
import type { Position } from "tilanne-client";
