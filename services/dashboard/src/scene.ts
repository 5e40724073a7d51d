/**
 * A map with the picture that it shows: asks for what comes into view, and draws it. The page has one;
 * a second one stands beside it while two moments are compared.
 */

import type { Box, Changes, Layer, Picture, Problem } from "tilanne-client";
import { LAYERS, noChanges } from "tilanne-client";
import type { Address } from "./address";
import type { MessageKey } from "./i18n";
import { inView } from "./in_view";
import { loaded, painted } from "./lazy";
import { EMISSION_STREETS_FROM_ZOOM } from "./map/areas";
import type { MapChoices } from "./map/choices";
import { nextBox } from "./map/coverage";
import { DifferenceLayer } from "./map/differences";
import { STREETS_FROM_ZOOM, area, includes, seen } from "./map/geography";
import type { Place } from "./map/geography";
import type { MapLayer, Selection } from "./map/layer";
import { measureOf } from "./map/layer";
import { mapLayers } from "./map/layers";
import type { MapView, NamedPlace } from "./map/view";
import type { InView } from "./panels/panel";
import type { ServerProblem } from "./problem_words";
import type { City, Settings } from "./settings";
import type { Session } from "./stream/session";
import type { StreetDifference } from "./time/differences";

/** A view that still moves is not yet asked for. */
const SETTLE_MS = 250;
/** A refusal of the server is shown this long. */
const PROBLEM_MS = 10_000;
/** HTTP's Payload Too Large: more objects in the box than the server gives. */
const TOO_MANY = 413;
/** After that, streets are asked for again when the view is this much smaller. */
const SMALLER = 0.6;
/** Most of a picture: asked for only while the map, or a panel that needs them, is seen. */
const OF_MAP: readonly Layer[] = ["vehicles", "detectors"];

const NO_WEBGL: MessageKey = "app.no_webgl";

const NOTHING: InView = {
  vehicles: [],
  detectors: [],
  situations: [],
  links: [],
  queues: [],
  weather: [],
  areas: [],
  districts: [],
};

export interface SceneEvents {
  /** The view stands still, and may be another city's. */
  settled(): void;
  /** The view is on its way. */
  moved(): void;
  picked(selection: Selection | undefined): void;
  /** Something is to be brought to date at once. */
  tick(): void;
}

export interface SceneOptions {
  readonly settings: Settings;
  readonly container: HTMLElement;
  readonly choices: MapChoices;
  readonly place: Address;
  readonly city: City;
  dark(): boolean;
  decimalSign(): string;
  /** Layers of the picture that panels show. */
  needs(): ReadonlySet<Layer>;
}

export class Scene {
  city: City;
  objects: InView = NOTHING;
  readonly layers: readonly MapLayer[];
  /** Takes the place of the streets while two pictures are compared. */
  private readonly differences = new DifferenceLayer();
  private differs = false;
  /** Comes after the rest of the page, so that nobody waits for it who reads the lists. */
  private view: MapView | undefined;
  /** Why there is none. */
  private lacks: MessageKey | undefined;
  /** Where to look first. */
  private place: Place;
  private title = "";
  private selection: Selection | undefined;
  private marked: NamedPlace | undefined;
  private closed = false;
  /** What the page asked for last: of a refusal, only that tells what was refused. */
  private asked: { readonly box: Box; readonly layers: readonly Layer[] } | undefined;
  /** Size of the box that had more streets, or more cells, than the server gives. */
  private readonly tooManyIn: { streets?: number; cells?: number } = {};
  private shown = true;
  private settling: number | undefined;
  private problem: { told: ServerProblem; untilMs: number } | undefined;

  constructor(
    private session: Session,
    private readonly options: SceneOptions,
    private readonly events: SceneEvents,
  ) {
    this.city = options.city;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    const layers = mapLayers(
      () => performance.now(),
      () => !calm.matches,
      () => options.decimalSign(),
    );
    // Right above the streets, so that vehicles and messages stay on top.
    this.layers = layers.flatMap((one) => (one.layer === "links" ? [one, this.differences] : one));
    const { zoom, centre } = options.place;
    this.place = zoom !== undefined && centre !== undefined ? { zoom, centre } : options.city;
    this.applyChoices();
    void this.loadView();
  }

  /** A second map, of another picture, that looks where this one does. */
  beside(session: Session, container: HTMLElement, events: SceneEvents): Scene {
    const { city, camera, options } = this;
    const place = { ...camera };
    const needs = (): ReadonlySet<Layer> => new Set();
    return new Scene(session, { ...options, container, city, place, needs }, events);
  }

  /** Whether there is a map, or will be: without WebGL the lists still tell everything. */
  get drawn(): boolean {
    return this.lacks !== NO_WEBGL;
  }

  /** Where the map looks; none while it is to look at the whole of a city. */
  get camera(): { zoom: number; centre: readonly [number, number] } | undefined {
    if (this.view !== undefined) return { zoom: this.view.zoom, centre: this.view.centre };
    return "centre" in this.place ? this.place : undefined;
  }

  /** What is in view. */
  get sight(): Box {
    const { clientWidth: width, clientHeight: height } = this.options.container;
    if (this.view !== undefined) return this.view.box;
    return this.drawn && width > 0 ? seen(this.place, { width, height }) : this.city.bbox;
  }

  /** Shows another source: the present, or a replay of the past. */
  follow(session: Session): void {
    this.session = session;
    this.asked = undefined;
    this.forgetTooMany();
    this.problem = undefined;
    this.objects = NOTHING;
    // What comes is of another source.
    this.draw(session.live.picture, { ...noChanges(), reset: true }, 0);
    this.subscribe();
  }

  /** Whether the map can be seen; while it cannot, little is asked for. */
  show(shown: boolean): void {
    this.shown = shown;
    this.subscribe();
  }

  close(): void {
    this.closed = true;
    window.clearTimeout(this.settling);
    this.view?.close();
  }

  chooseCity(city: City): void {
    this.city = city;
    this.forgetTooMany();
    this.look(city);
    this.subscribe();
  }

  /** @param name is written in its middle until something else is chosen */
  look(place: Place, name?: string): void {
    this.place = place;
    this.view?.look(place);
    const isNamed = name !== undefined && "centre" in place;
    this.mark(isNamed ? { centre: place.centre, name } : undefined);
  }

  /** Whether a place has its name on the map because it was looked for. */
  get marksPlace(): boolean {
    return this.marked !== undefined;
  }

  private mark(place: NamedPlace | undefined): void {
    this.marked = place;
    this.view?.mark(place);
  }

  zoomBy(steps: number): void {
    this.view?.zoomBy(steps);
  }

  name(title: string): void {
    this.title = title;
    this.view?.name(title);
  }

  restyle(): void {
    this.view?.restyle();
  }

  /** What is chosen of layers and colours has changed. */
  applyChoices(): void {
    const { choices } = this.options;
    for (const layer of this.layers) {
      layer.show(this.isDrawn(layer));
      layer.colourBy?.(choices.streetScale);
      layer.paintBy?.(choices.vehicleScale);
    }
    this.subscribe();
  }

  /** Shows how streets differ in place of how they are; without any, how they are. */
  showDifferences(streets: readonly StreetDifference[] | undefined): void {
    this.differences.set(streets ?? []);
    if (this.differs === (streets !== undefined)) return;
    this.differs = streets !== undefined;
    this.applyChoices();
  }

  select(selection: Selection | undefined): void {
    this.selection = selection;
    this.mark(undefined);
    for (const layer of this.layers) layer.select(selection);
    this.view?.select(selection);
    if (selection !== undefined) this.view?.reveal(selection);
  }

  changed(changes: Changes): void {
    this.draw(this.session.live.picture, changes, this.session.nowMs ?? 0);
  }

  private draw(picture: Picture, changes: Changes, nowMs: number): void {
    if (!this.drawn) return;
    for (const layer of this.layers) layer.changed(picture, changes, nowMs);
  }

  /** Brings ages and what is in view to date. */
  tick(): void {
    const { nowMs, live } = this.session;
    if (nowMs === undefined) return;
    if (this.drawn) for (const layer of this.layers) layer.tick(live.picture, nowMs);
    this.view?.placeRing();
    this.objects = inView(live.picture, this.sight, nowMs);
  }

  /** What the server has refused lately. */
  get remark(): ServerProblem | undefined {
    const { problem } = this;
    return problem !== undefined && performance.now() < problem.untilMs ? problem.told : undefined;
  }

  /** What of the map cannot be drawn. */
  get missing(): MessageKey | undefined {
    return this.lacks ?? this.layers.find(({ remark }) => remark !== undefined)?.remark;
  }

  refused({ detail, status }: Problem): void {
    const { asked } = this;
    const most = asked && largest(asked.layers);
    if (status === TOO_MANY && asked !== undefined && most !== undefined) {
      this.tooManyIn[most] = area(asked.box);
      this.subscribe();
      this.events.tick();
      return;
    }
    this.problem = { told: { status, detail }, untilMs: performance.now() + PROBLEM_MS };
    this.events.tick();
  }

  /** Asks for what is to be seen, when that is not what is asked for already. */
  subscribe(): void {
    const { shown } = this.session.live;
    const { layer, id } = this.selection ?? {};
    this.session.live.look(this.city.region, layer === "vehicles" ? id : undefined);
    // After a refusal that is the selection before it, which the view may have left.
    const present = shown?.region === this.city.region ? shown.bbox : undefined;
    const next = nextBox(present, this.sight);
    const box = next ?? present;
    if (box === undefined) return;
    for (const what of ["streets", "cells"] as const) {
      const size = this.tooManyIn[what];
      if (size !== undefined && area(box) < size * SMALLER) delete this.tooManyIn[what];
    }
    const needs = this.options.needs();
    const layers = LAYERS.filter((layer) => this.wants(layer, needs));
    this.asked = { box, layers };
    if (next === undefined && String(layers) === String(shown?.layers)) return;
    this.session.live.show(this.city.region, box, layers);
  }

  /** Why streets are not shown, when they are not. */
  get streetsHint(): MessageKey | undefined {
    if (this.tooManyIn.streets !== undefined) return "streets.too_many";
    const zoom = this.camera?.zoom ?? STREETS_FROM_ZOOM;
    if (zoom < STREETS_FROM_ZOOM) return "streets.too_far";
    return this.cellsForStreets ? "streets.as_cells" : undefined;
  }

  get tooManyCells(): boolean {
    return this.tooManyIn.cells !== undefined;
  }

  /** Whether cells of the grid are drawn. */
  get cellsShown(): boolean {
    return this.options.choices.isShown("areas") || this.cellsForStreets;
  }

  /** Whether the streets' emission is shown by cells, because the view is too large for streets. */
  private get cellsForStreets(): boolean {
    const { choices } = this.options;
    const zoom = this.camera?.zoom ?? EMISSION_STREETS_FROM_ZOOM;
    const far = zoom < EMISSION_STREETS_FROM_ZOOM;
    return far && measureOf(choices.streetScale) !== undefined && choices.isShown("links");
  }

  private isDrawn(layer: MapLayer): boolean {
    if (layer === this.differences) return this.differs;
    if (layer.layer === "links" && this.differs) return false;
    return layer.layer === "areas" ? this.cellsShown : this.options.choices.isShown(layer.layer);
  }

  private wants(layer: Layer, needs: ReadonlySet<Layer>): boolean {
    const { choices } = this.options;
    const onMap = this.shown && choices.isShown("links");
    const streets = (onMap || needs.has("links")) && this.streetsHint === undefined;
    if (layer === "links") return streets;
    if (needs.has(layer)) return layer !== "area_emissions" || !this.tooManyCells;
    // No map layer shows these.
    if (layer === "trips") return false;
    if (layer === "weather") return this.shown && choices.isShown(layer);
    if (OF_MAP.includes(layer)) return this.shown;
    const emission = measureOf(choices.streetScale) !== undefined;
    if (layer === "link_emissions") return onMap && streets && emission;
    if (layer !== "area_emissions") return true;
    const shown = this.cellsShown || choices.isShown("districts");
    return this.shown && emission && shown && !this.tooManyCells;
  }

  /** Elsewhere there may be fewer. */
  private forgetTooMany(): void {
    delete this.tooManyIn.streets;
    delete this.tooManyIn.cells;
  }

  private async loadView(): Promise<void> {
    await painted();
    const code = await loaded(
      () => import("./map/view"),
      () => !this.closed,
      (missing) => {
        this.lacks = missing ? "app.no_map" : undefined;
        if (missing) this.events.tick();
      },
    );
    if (code === undefined) return;
    const { settings, container, dark } = this.options;
    const start = {
      container,
      cities: settings.cities,
      styleUrl: settings.mapStyleUrl,
      layers: this.layers,
      place: this.place,
      dark: () => dark(),
    };
    try {
      this.view = new code.MapView(start, {
        styled: () => this.events.tick(),
        moving: () => this.events.moved(),
        moved: () => this.moved(),
        picked: (selection) => this.events.picked(selection),
      });
    } catch {
      this.lacks = NO_WEBGL;
    }
    this.view?.name(this.title);
    // Who skipped to the map before it was there goes on in it.
    if (document.activeElement === container) container.querySelector("canvas")?.focus();
    const { marked } = this;
    this.select(this.selection);
    this.mark(marked);
    this.settled();
    this.events.settled();
  }

  private moved(): void {
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => {
      this.settled();
      this.events.settled();
    }, SETTLE_MS);
  }

  /** The view stands still: finds the city that it is of, and asks for what came into it. */
  private settled(): void {
    if (this.view !== undefined) {
      const [latitude_deg, longitude_deg] = this.view.centre;
      const middle = { latitude_deg, longitude_deg };
      if (!includes(this.city.bbox, middle)) {
        const { cities } = this.options.settings;
        this.city = cities.find(({ bbox }) => includes(bbox, middle)) ?? this.city;
      }
    }
    this.layers.find(({ layer }) => layer === "areas")?.show(this.cellsShown);
    this.subscribe();
  }
}

/** What there is most of among these layers, and can be left out. */
function largest(layers: readonly Layer[]): "streets" | "cells" | undefined {
  if (layers.includes("links")) return "streets";
  return layers.includes("area_emissions") ? "cells" : undefined;
}
