/** The page: joins stream, map and panels. Each has its own state; here is what they share. */

import type { Box, Changes, Layer, Problem } from "tilanne-client";
import { LAYERS } from "tilanne-client";
import { readAddress, writeAddress } from "./address";
import type { Language, MessageKey } from "./i18n";
import { Speech } from "./i18n";
import { Timelines } from "./emission/timeline";
import { Explanations } from "./explanations";
import { FeedLabels } from "./feed_labels";
import { inView } from "./in_view";
import { expose } from "./inspect";
import { EMISSION_STREETS_FROM_ZOOM } from "./map/areas";
import { nextBox } from "./map/coverage";
import { area, includes } from "./map/geography";
import type { MapLayer, Selection, StreetScale } from "./map/layer";
import { STREET_SCALES, measureOf } from "./map/layer";
import { mapLayers } from "./map/layers";
import { MapView } from "./map/view";
import type { InView, MapLayerName, PanelContext } from "./panels/panel";
import type { City, Settings } from "./settings";
import { folder, getJson } from "./settings";
import { Column } from "./shell/column";
import { Frame } from "./shell/frame";
import { Header, pageState } from "./shell/header";
import { recall, remember } from "./shell/memory";
import { Cadence } from "./stream/cadence";
import { LivePicture } from "./stream/live";

/** Panels and ages are brought to date this often. */
const TICK_MS = 1_000;
/** A view that still moves is not yet asked for. */
const SETTLE_MS = 250;
/** A refusal of the server is shown this long. */
const PROBLEM_MS = 10_000;
/** Further out a street is thinner than a pixel, and there are more than a page can hold. */
const STREETS_FROM_ZOOM = 10;
/** HTTP's Payload Too Large: more objects in the box than the server gives. */
const TOO_MANY = 413;
/** After that, streets are asked for again when the view is this much smaller. */
const SMALLER = 0.6;
/** Layers that are drawn only when asked for. */
const HIDDEN_AT_START: readonly MapLayerName[] = ["areas"];

export class App {
  private readonly cadence = new Cadence();
  private readonly labels = new FeedLabels(
    () => getJson("v1/feeds"),
    () => performance.now(),
  );
  private readonly explanations = new Explanations(
    getJson,
    () => performance.now(),
    () => this.column.update(),
  );
  private readonly timelines = new Timelines();
  private readonly client: LivePicture;
  private readonly layers: readonly MapLayer[];
  private readonly hidden = new Set<MapLayerName>(HIDDEN_AT_START);
  private readonly frame: Frame;
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private view: MapView | undefined;
  private speech: Speech;
  private header!: Header;
  private column!: Column;
  private city: City;
  private box: Box | undefined;
  private objects: InView = {
    vehicles: [],
    detectors: [],
    situations: [],
    links: [],
    queues: [],
    areas: [],
  };
  private streetScale: StreetScale = "level";
  /** Size of the box that had more streets, or more cells, than the server gives. */
  private readonly tooManyIn: { streets?: number; cells?: number } = {};
  private timelinesOf: string | undefined;
  private selection: Selection | undefined;
  private returnFocus: Element | null = null;
  private panelsShown = true;
  private settling: number | undefined;
  private problem: { text: string; untilMs: number } | undefined;

  /** @param firstCity the city to show when the address names none */
  constructor(
    private readonly settings: Settings,
    private readonly languages: readonly Language[],
    language: Language,
    firstCity: City,
    host: HTMLElement,
  ) {
    const address = readAddress(window.location.hash);
    this.city = settings.cities.find(({ id }) => id === address.city) ?? firstCity;
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.layers = mapLayers(
      () => performance.now(),
      () => !calm.matches,
      () => this.speech.decimalSign,
    );
    this.client = new LivePicture(folder(), {
      changed: (changes) => this.changed(changes),
      connection: () => this.connected(),
      problem: (problem) => this.refused(problem),
    });
    this.speech = new Speech(language);
    const scale = recall("streets");
    this.streetScale = STREET_SCALES.find((known) => known === scale) ?? "level";
    for (const layer of this.layers) layer.colourBy?.(this.streetScale);
    this.panelsShown = recall("panels") !== "hidden" && !isNarrow();
    this.frame = new Frame(host);
    this.build();
    const { zoom, centre } = address;
    const place = zoom !== undefined && centre !== undefined ? { zoom, centre } : this.city;
    this.view = this.makeView(place);
    this.view?.name(this.speech.say("app.map"));
    this.settled();
    this.listen();
    this.tick();
  }

  /** Header, panels and card in the language of the reader. */
  private build(): void {
    const { speech, settings, languages } = this;
    this.header = new Header(speech, settings.cities, languages, {
      chooseCity: (city) => this.chooseCity(city),
      chooseLanguage: (language) => {
        this.speech = new Speech(language);
        remember("language", language);
        this.build();
        this.tick();
      },
      togglePanels: () => {
        this.showPanels(!this.panelsShown);
        this.subscribe();
      },
    });
    this.column = new Column(
      () => this.context(),
      () => this.subscribe(),
    );
    const { side, card, corner } = this.column;
    const parts = { header: this.header.node, side, card, corner };
    this.frame.fill(speech, parts, (steps) => this.view?.zoomBy(steps));
    this.header.showCity(this.city.id);
    this.showPanels(this.panelsShown);
    this.view?.name(speech.say("app.map"));
  }

  private makeView(place: City | { zoom: number; centre: [number, number] }): MapView | undefined {
    const { cities, mapStyleUrl } = this.settings;
    const { layers } = this;
    try {
      return new MapView(
        { container: this.frame.map, cities, styleUrl: mapStyleUrl, layers, place },
        {
          styled: () => this.tick(),
          moved: () => this.moved(),
          picked: (selection) => this.select(selection),
        },
      );
    } catch {
      // Without WebGL the lists still tell everything; `tick` says so.
      return undefined;
    }
  }

  private listen(): void {
    window.setInterval(() => this.tick(), TICK_MS);
    window.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.selection !== undefined) this.select(undefined);
    });
    window.addEventListener("hashchange", () => {
      const { city } = readAddress(window.location.hash);
      const named = this.settings.cities.find(({ id }) => id === city);
      if (named !== undefined && named !== this.city) this.chooseCity(named);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.tick();
    });
    this.dark.addEventListener("change", () => {
      this.build();
      this.tick();
    });
    expose({
      state: () => ({
        vehicles: this.client.picture.layer("vehicles").size,
        detectors: this.client.picture.layer("detectors").size,
        situations: this.client.picture.layer("situations").size,
        links: this.client.picture.layer("links").size,
        queues: this.client.picture.layer("queues").size,
        areas: this.client.picture.layer("areas").size,
        link_emissions: this.client.picture.layer("link_emissions").size,
        area_emissions: this.client.picture.layer("area_emissions").size,
        sequence: this.client.picture.sequence,
        connected: this.client.state === "live",
      }),
      vehiclePosition: (id) => this.layers.find(({ layer }) => layer === "vehicles")?.position(id),
    });
  }

  private context(): PanelContext {
    const { hidden } = this;
    return {
      speech: this.speech,
      picture: this.client.picture,
      cadence: this.cadence,
      labels: this.labels,
      connection: this.client.state,
      nowMs: this.client.clock.nowMs(),
      inView: this.objects,
      selection: this.selection,
      dark: this.dark.matches,
      explanations: this.explanations,
      streetsHint: this.streetsHint(),
      streetScale: this.streetScale,
      cellsShown: this.cellsShown,
      tooManyCells: this.tooManyIn.cells !== undefined,
      timelines: this.timelines,
      colourStreets: (scale) => {
        this.streetScale = scale;
        remember("streets", scale);
        for (const layer of this.layers) layer.colourBy?.(scale);
        this.showCells();
        this.subscribe();
        this.tick();
      },
      isShown: (layer) => !hidden.has(layer),
      showLayer: (layer, shown) => {
        if (shown) hidden.delete(layer);
        else hidden.add(layer);
        this.layers.find((candidate) => candidate.layer === layer)?.show(shown);
        this.showCells();
        this.subscribe();
        this.tick();
      },
      select: (selection) => this.select(selection),
      announce: (text) => this.frame.announce(text),
    };
  }

  private changed(changes: Changes): void {
    const nowMs = this.client.clock.nowMs() ?? 0;
    for (const { id, last_received_ms } of changes.updated.feeds) {
      if (typeof last_received_ms === "number") this.cadence.observe(id, last_received_ms);
    }
    this.keepMinutes(changes);
    this.view?.changed(this.client.picture, changes, nowMs);
    if (changes.reset) this.tick();
  }

  /** The connection is there again, or gone: silence in between was ours, not the feeds'. */
  private connected(): void {
    this.cadence.resume();
    this.tick();
  }

  private keepMinutes(changes: Changes): void {
    const { region } = this.client.picture;
    if (this.timelinesOf !== region) this.timelines.clear();
    this.timelinesOf = region;
    const chosen = this.selection?.layer === "areas" ? this.selection.id : undefined;
    for (const emission of changes.updated.area_emissions) this.timelines.observe(emission, chosen);
  }

  /** Brings ages, counts and states to date. */
  private tick(): void {
    const { client, speech } = this;
    const { clock } = client;
    const nowMs = clock.nowMs();
    if (nowMs !== undefined) {
      this.view?.tick(client.picture, nowMs);
      this.objects = inView(client.picture, this.view?.box ?? this.city.bbox, nowMs);
    }
    const lagMs = clock.lagMs();
    const state = pageState(client.state, lagMs);
    this.header.update(client.picture.origin ?? this.settings.origin, state, lagMs);
    this.frame.showStale(state === "lost" || state === "silent");
    const time = nowMs === undefined ? "" : speech.time(nowMs - (lagMs ?? 0));
    const age = speech.span(lagMs ?? 0);
    if (time !== "" && (state === "lost" || state === "silent")) {
      this.frame.say(speech.say(`connection.${state}_long`, { time, age }));
    } else {
      this.frame.say(state === "lost" ? speech.say("connection.lost") : this.remark());
    }
    this.thank();
    this.column.corner.hidden = this.view === undefined;
    this.column.update();
  }

  private thank(): void {
    const feeds = this.client.picture.layer("feeds");
    void this.labels.want(feeds.keys());
    const names = this.labels.attributions(feeds.keys()).join(" · ");
    this.frame.thank(names === "" ? "" : this.speech.say("app.data", { names }));
  }

  /** What else is worth saying over the map. */
  private remark(): string | undefined {
    const { problem } = this;
    if (problem !== undefined && performance.now() < problem.untilMs) return problem.text;
    return this.view === undefined ? this.speech.say("app.no_webgl") : undefined;
  }

  private refused({ title, detail, status }: Problem): void {
    const asked = this.client.shown?.layers ?? [];
    const most = asked.includes("links") ? "streets" : "cells";
    if (
      status === TOO_MANY &&
      this.box !== undefined &&
      (most === "streets" || asked.includes("area_emissions"))
    ) {
      this.tooManyIn[most] = area(this.box);
      this.subscribe();
      this.tick();
      return;
    }
    const text = [title, detail].filter((part) => part !== "").join(": ");
    this.problem = { text, untilMs: performance.now() + PROBLEM_MS };
    this.tick();
  }

  private chooseCity(city: City): void {
    this.city = city;
    this.header.showCity(city.id);
    this.box = undefined;
    this.view?.goTo(city);
    this.select(undefined);
    this.subscribe();
  }

  private moved(): void {
    window.clearTimeout(this.settling);
    this.settling = window.setTimeout(() => this.settled(), SETTLE_MS);
  }

  /** The view stands still: notes it in the address, and asks for what came into it. */
  private settled(): void {
    if (this.view === undefined) return this.subscribe();
    const [latitude_deg, longitude_deg] = this.view.centre;
    const middle = { latitude_deg, longitude_deg };
    if (!includes(this.city.bbox, middle)) {
      const other = this.settings.cities.find(({ bbox }) => includes(bbox, middle));
      this.city = other ?? this.city;
      this.header.showCity(this.city.id);
    }
    const address = writeAddress(this.city.id, this.view.zoom, latitude_deg, longitude_deg);
    window.history.replaceState(null, "", address);
    this.showCells();
    this.subscribe();
    this.tick();
  }

  private subscribe(): void {
    const { shown } = this.client;
    const present = shown?.region === this.city.region ? this.box : undefined;
    const view = this.view?.box ?? this.city.bbox;
    const next = nextBox(present, view);
    const box = next ?? present;
    if (box === undefined) return;
    for (const what of ["streets", "cells"] as const) {
      const size = this.tooManyIn[what];
      if (size !== undefined && area(box) < size * SMALLER) delete this.tooManyIn[what];
    }
    const layers = LAYERS.filter((layer) => this.wants(layer));
    if (next === undefined && String(layers) === String(shown?.layers)) return;
    this.box = box;
    this.client.show(this.city.region, box, layers);
  }

  /** Streets and emissions are most of a picture; they are asked for only while they are shown. */
  private wants(layer: Layer): boolean {
    const streets = !this.hidden.has("links") && this.streetsHint() === undefined;
    const emission = measureOf(this.streetScale) !== undefined;
    // No map layer and no panel shows these.
    if (layer === "trips" || layer === "weather") return false;
    if (layer === "links") return streets;
    if (layer === "link_emissions") return streets && emission;
    if (layer !== "area_emissions") return true;
    const shown = (emission && this.cellsShown) || this.column.needs(this.panelsShown).has(layer);
    return shown && this.tooManyIn.cells === undefined;
  }

  private streetsHint(): MessageKey | undefined {
    if (this.tooManyIn.streets !== undefined) return "streets.too_many";
    const zoom = this.view?.zoom ?? STREETS_FROM_ZOOM;
    if (zoom < STREETS_FROM_ZOOM) return "streets.too_far";
    return this.cellsForStreets ? "streets.as_cells" : undefined;
  }

  /** Whether the streets' emission is shown by cells, because the view is too large for streets. */
  private get cellsForStreets(): boolean {
    const zoom = this.view?.zoom ?? EMISSION_STREETS_FROM_ZOOM;
    const far = zoom < EMISSION_STREETS_FROM_ZOOM;
    return far && measureOf(this.streetScale) !== undefined && !this.hidden.has("links");
  }

  private get cellsShown(): boolean {
    return !this.hidden.has("areas") || this.cellsForStreets;
  }

  private showCells(): void {
    this.layers.find(({ layer }) => layer === "areas")?.show(this.cellsShown);
  }

  private select(selection: Selection | undefined): void {
    if (selection !== undefined && this.selection === undefined) {
      this.returnFocus = document.activeElement;
    }
    const closed = selection === undefined && this.selection !== undefined;
    const hadFocus = this.column.card.contains(document.activeElement);
    this.selection = selection;
    this.view?.select(selection);
    if (selection !== undefined) this.view?.reveal(selection);
    this.column.update();
    if (selection !== undefined || closed) this.subscribe();
    const fromList = this.column.side.contains(document.activeElement);
    if (selection !== undefined && fromList) this.column.card.querySelector("h2")?.focus();
    if (closed && hadFocus && this.returnFocus instanceof HTMLElement) this.returnFocus.focus();
  }

  private showPanels(shown: boolean): void {
    this.panelsShown = shown;
    if (!isNarrow()) remember("panels", shown ? "shown" : "hidden");
    this.header.showPanels(shown);
    this.frame.showPanels(shown);
  }
}

/** On a phone the map comes first, and the panels when asked for. */
function isNarrow(): boolean {
  return window.matchMedia("(max-width: 48rem)").matches;
}
