/** What the reader wants to see on the map. Remembered, shared by address, the same on two maps. */

import { recall, remember } from "../shell/memory";
import type { MapLayerName, StreetScale, VehicleScale } from "./layer";
import { MAP_LAYERS, STREET_SCALES, VEHICLE_SCALES } from "./layer";

/** Drawn only when asked for: what fills the ground is in the way of the streets. */
const HIDDEN_AT_START: readonly MapLayerName[] = ["areas", "districts"];

/** What an address says of it, unchecked. */
export interface Wished {
  readonly layers?: readonly string[] | undefined;
  readonly streets?: string | undefined;
  readonly vehicles?: string | undefined;
}

export class MapChoices {
  private shown: ReadonlySet<MapLayerName>;
  private street: StreetScale;
  private vehicle: VehicleScale;

  /** @param wished goes before what is remembered */
  constructor(wished: Wished) {
    this.shown = new Set(
      layersOf(wished.layers ?? recall("layers")?.split(",")) ??
        MAP_LAYERS.filter((layer) => !HIDDEN_AT_START.includes(layer)),
    );
    this.street = known(STREET_SCALES, wished.streets ?? recall("streets")) ?? "level";
    this.vehicle = known(VEHICLE_SCALES, wished.vehicles ?? recall("vehicles")) ?? "mode";
  }

  /** An address was opened: what it says holds, and the rest stays. */
  wish({ layers, streets, vehicles }: Wished): void {
    this.shown = new Set(layersOf(layers) ?? this.shown);
    this.street = known(STREET_SCALES, streets) ?? this.street;
    this.vehicle = known(VEHICLE_SCALES, vehicles) ?? this.vehicle;
  }

  get streetScale(): StreetScale {
    return this.street;
  }

  set streetScale(scale: StreetScale) {
    this.street = scale;
    remember("streets", scale);
  }

  get vehicleScale(): VehicleScale {
    return this.vehicle;
  }

  set vehicleScale(scale: VehicleScale) {
    this.vehicle = scale;
    remember("vehicles", scale);
  }

  /** From the bottom up. */
  get layers(): readonly MapLayerName[] {
    return MAP_LAYERS.filter((layer) => this.shown.has(layer));
  }

  isShown(layer: MapLayerName): boolean {
    return this.shown.has(layer);
  }

  show(layer: MapLayerName, shown: boolean): void {
    this.shown = new Set(MAP_LAYERS.filter((one) => (one === layer ? shown : this.isShown(one))));
    remember("layers", this.layers.join(","));
  }
}

function known<T extends string>(all: readonly T[], text: string | undefined): T | undefined {
  return all.find((one) => one === text);
}

function layersOf(names: readonly string[] | undefined): MapLayerName[] | undefined {
  return names && MAP_LAYERS.filter((layer) => names.includes(layer));
}
