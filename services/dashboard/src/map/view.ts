/** The map itself: MapLibre with a plain style, and the layers of the picture on top. */

import type { Box } from "tilanne-client";
import {
  AttributionControl,
  Map as MapLibre,
  Marker,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { element } from "../dom";
import type { City } from "../settings";
import { cameraOf, centre, grown, union } from "./geography";
import type { Place } from "./geography";
import { addIcons } from "./icons";
import type { MapLayer, Selection } from "./layer";
import { DARK, LIGHT } from "./palette";
import type { Palette } from "./palette";
import { ownStyle } from "./style";

setWorkerUrl(workerUrl);

/** Names of cities are in the way of the streets' traffic from here on. */
const CITY_NAMES_UNTIL_ZOOM = 12.6;
/** A region fits at this zoom. Further out other regions would look empty. */
const MIN_ZOOM = 7.5;
/** CSS pixels from a place to the name that points at it. */
const NAME_ABOVE_PX = 10;

/** A place that is nothing of the picture. */
export interface NamedPlace {
  /** Latitude and longitude. */
  readonly centre: readonly [number, number];
  readonly name: string;
}

export interface MapEvents {
  /** The style is there, or was changed: the layers are empty and wait for the picture. */
  styled(): void;
  /** The view is on its way; another map may go with it. */
  moving(): void;
  moved(): void;
  picked(selection: Selection | undefined): void;
}

export interface Start {
  container: HTMLElement;
  cities: readonly City[];
  styleUrl: string | undefined;
  layers: readonly MapLayer[];
  /** Where to look first. */
  place: Place;
  /** Whether colours are those for the dark. */
  dark(): boolean;
}

export class MapView {
  private readonly map: MapLibre;
  private readonly ring: Marker;
  private spot: Marker | undefined;
  private readonly names: HTMLElement[] = [];
  private selection: Selection | undefined;

  constructor(
    private readonly start: Start,
    private readonly events: MapEvents,
  ) {
    const { container, place } = start;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.map = new MapLibre({
      container,
      style: this.style(),
      ...cameraIn(container, place),
      minZoom: MIN_ZOOM,
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      rollEnabled: false,
      renderWorldCopies: false,
      attributionControl: false,
      fadeDuration: calm ? 0 : 150,
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");
    if (start.styleUrl !== undefined) {
      this.map.addControl(new AttributionControl({ compact: true }), "bottom-right");
    }
    this.ring = new Marker({ element: element("div", { class: "ring", "aria-hidden": "true" }) });
    this.listen();
    this.nameCities();
  }

  /** What is in view, west, south, east, north. */
  get box(): Box {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }

  get zoom(): number {
    return this.map.getZoom();
  }

  /** Latitude and longitude of the middle. */
  get centre(): [number, number] {
    const { lat, lng } = this.map.getCenter();
    return [lat, lng];
  }

  /** What the map is called in the reader's language. */
  name(title: string): void {
    this.map.getCanvas().setAttribute("aria-label", title);
  }

  /** Looks at a place at once: no flight across the country. */
  look(place: Place): void {
    this.map.jumpTo(cameraIn(this.start.container, place));
  }

  /** Draws all anew: the colours are others. */
  restyle(): void {
    this.map.setStyle(this.style(), { diff: false });
  }

  close(): void {
    this.map.remove();
  }

  zoomBy(steps: number): void {
    this.map.zoomTo(this.map.getZoom() + steps);
  }

  /** Marks an object, where its layer does not. */
  select(selection: Selection | undefined): void {
    this.selection = selection;
    this.placeRing();
  }

  /** A ring round what is selected and does not show that itself; that may move. */
  placeRing(): void {
    const { selection } = this;
    const layer = this.start.layers.find(({ layer }) => layer === selection?.layer);
    const place = selection && layer?.position(selection.id);
    if (!place || layer?.marksSelection === true) this.ring.remove();
    else this.ring.setLngLat([place.longitude_deg, place.latitude_deg]).addTo(this.map);
  }

  /** Writes a name at a place; without any, takes it away. */
  mark(place: NamedPlace | undefined): void {
    this.spot?.remove();
    this.spot = undefined;
    if (place === undefined) return;
    const [latitude, longitude] = place.centre;
    const label = element("div", { class: "spot", "data-testid": "spot" }, place.name);
    this.spot = new Marker({ element: label, anchor: "bottom", offset: [0, -NAME_ABOVE_PX] })
      .setLngLat([longitude, latitude])
      .addTo(this.map);
  }

  /** Brings an object into view, when it has a place. */
  reveal(selection: Selection): void {
    const layer = this.start.layers.find((candidate) => candidate.layer === selection.layer);
    const place = layer?.position(selection.id);
    if (place === undefined) return;
    const { longitude_deg, latitude_deg } = place;
    if (!this.map.getBounds().contains([longitude_deg, latitude_deg])) {
      this.map.easeTo({ center: [longitude_deg, latitude_deg] });
    }
  }

  private get palette(): Palette {
    return this.start.dark() ? DARK : LIGHT;
  }

  private style(): string | ReturnType<typeof ownStyle> {
    const everything = union(this.start.cities.map(({ bbox }) => bbox)) ?? [19, 59, 32, 71];
    return this.start.styleUrl ?? ownStyle(this.palette, grown(everything, 0.2));
  }

  private listen(): void {
    const { map } = this;
    map.on("style.load", () => {
      addIcons(map, this.palette);
      for (const layer of this.start.layers) layer.install(map, this.palette);
      this.events.styled();
    });
    map.on("move", () => this.events.moving());
    map.on("moveend", () => this.events.moved());
    map.on("zoom", () => this.showNames());
    map.on("click", ({ point }) => this.events.picked(this.pick(point)));
    map.on("mousemove", ({ point }) => {
      map.getCanvas().style.cursor = this.pick(point) === undefined ? "" : "pointer";
    });
    // A wall display loses its graphics context now and then; MapLibre cannot bring back layers
    // that draw by themselves.
    map.on("webglcontextrestored", () => this.restyle());
  }

  private pick(point: { x: number; y: number }): Selection | undefined {
    const downwards = [...this.start.layers].reverse();
    for (const layer of downwards) {
      const hit = layer.pick(point);
      if (hit !== undefined) return hit;
    }
    for (const layer of downwards) {
      const hit = layer.pickGround?.(point);
      if (hit !== undefined) return hit;
    }
    return undefined;
  }

  private nameCities(): void {
    for (const { bbox, name } of this.start.cities) {
      const label = element("div", { class: "city-name", "aria-hidden": "true" }, name);
      new Marker({ element: label }).setLngLat(centre(bbox)).addTo(this.map);
      this.names.push(label);
    }
    this.showNames();
  }

  private showNames(): void {
    const hidden = this.map.getZoom() > CITY_NAMES_UNTIL_ZOOM || this.start.styleUrl !== undefined;
    for (const label of this.names) label.classList.toggle("gone", hidden);
  }
}

/** How MapLibre looks at a place. */
function cameraIn(
  { clientWidth: width, clientHeight: height }: HTMLElement,
  place: Place,
): { center: [number, number]; zoom: number } {
  const { zoom, centre } = cameraOf(place, { width, height });
  const [latitude, longitude] = centre;
  return { center: [longitude, latitude], zoom };
}
