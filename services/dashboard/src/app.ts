/** The page: joins stream, map and panels. Each has its own state; here is what they share. */

import type { Changes, Layer, Position } from "tilanne-client";
import type { Address } from "./address";
import { readAddress, writeAddress } from "./address";
import type { Language } from "./i18n";
import { Speech } from "./i18n";
import { expose } from "./inspect";
import { MapChoices } from "./map/choices";
import { includes } from "./map/geography";
import type { Selection } from "./map/layer";
import type { Mounted, PanelContext } from "./panels/panel";
import type { Told } from "./problem_words";
import { toldProblem } from "./problem_words";
import { Scene } from "./scene";
import { SearchBox } from "./search";
import type { City, Settings } from "./settings";
import { Board } from "./shell/board";
import { Column } from "./shell/column";
import { Frame } from "./shell/frame";
import { Header, pageState } from "./shell/header";
import { recall, remember } from "./shell/memory";
import { Page } from "./shell/page";
import { Theme } from "./shell/theme";
import type { ViewName } from "./shell/views";
import { pageOf, viewNamed } from "./shell/views";
import type { Session } from "./stream/session";
import { Wake } from "./stream/wake";
import { folder } from "./stream/source";
import { Time } from "./time";
import { Pictures } from "./time/pictures";

/** Panels and ages are brought to date this often. */
const TICK_MS = 1_000;

export class App {
  private readonly frame: Frame;
  private readonly choices: MapChoices;
  private readonly theme = new Theme(() => this.restyled());
  private readonly search = new SearchBox(() => this.context(), {
    centre: () => this.scene.camera?.centre,
    showMap: () => {
      this.chooseView("map");
      this.frame.map.querySelector("canvas")?.focus();
    },
    look: (place, name) => this.scene.look(place, name),
  });
  private readonly scene: Scene;
  private readonly wake = new Wake(
    () => performance.now(),
    () => Date.now(),
  );
  private readonly pictures: Pictures;
  private readonly time: Time;
  private speech: Speech;
  private header!: Header;
  private column!: Column;
  /** What is shown instead of the map and its column. */
  private page: Page | Board | undefined;
  private view: ViewName;
  private sharedBoard: string | undefined;
  private selection: Selection | undefined;
  private returnFocus: Element | null = null;
  private panelsShown = true;
  /** Whether the page said last that its picture is not of the present. */
  private wasStale = false;

  /** @param firstCity the city to show when the address names none */
  constructor(
    private readonly settings: Settings,
    language: Language,
    firstCity: City,
    host: HTMLElement,
  ) {
    const address = readAddress(window.location.hash);
    this.speech = new Speech(language);
    this.view = viewNamed(address.view);
    this.sharedBoard = address.board;
    this.choices = new MapChoices(address);
    this.panelsShown = recall("panels") !== "hidden" && !isNarrow();
    this.frame = new Frame(host);
    this.pictures = new Pictures(folder(), settings, {
      changed: (changes) => this.changed(changes),
      connected: () => this.tick(),
      problem: (problem) => this.scene.refused(problem),
      answered: () => this.update(),
    });
    this.scene = this.makeScene(address, firstCity);
    this.time = this.makeTime();
    this.build();
    if (address.selection !== undefined) this.select(address.selection);
    this.time.open(address);
    this.listen();
    this.tick();
  }

  /** The picture that is looked at. */
  private get session(): Session {
    return this.pictures.shown;
  }

  private makeScene(place: Address, firstCity: City): Scene {
    const { settings, choices, theme } = this;
    const city = settings.cities.find(({ id }) => id === place.city) ?? firstCity;
    const options = {
      settings,
      container: this.frame.map,
      choices,
      place,
      city,
      dark: () => theme.dark,
      decimalSign: () => this.speech.decimalSign,
      needs: () => this.needs(),
    };
    return new Scene(this.session, options, {
      settled: () => this.settled(),
      moved: () => this.time.moved(),
      picked: (selection) => this.select(selection),
      tick: () => this.tick(),
    });
  }

  private makeTime(): Time {
    const { scene, frame, pictures, theme } = this;
    return new Time({
      scene,
      frame,
      pictures,
      speech: () => this.speech,
      dark: () => theme.dark,
      selection: () => this.selection,
      mapShown: () => this.mapShown,
      select: (selection) => this.select(selection),
      showOnMap: (selection, place) => this.showOnMap(selection, place),
      showMap: () => {
        if (!this.mapShown) this.chooseView("map");
      },
      chooseRegion: (region) => {
        const city = this.settings.cities.find((one) => one.region === region);
        if (city !== undefined) this.chooseCity(city);
      },
      followed: () => {
        scene.follow(this.session);
        this.shownPanels();
        this.tick();
      },
      told: () => {
        this.tellState();
        this.writeAddress();
      },
    });
  }

  /** Header, panels and card in the language of the reader. */
  private build(): void {
    const { speech, settings, theme } = this;
    const { cities, languages } = settings;
    this.search.speak(speech);
    this.header = new Header(
      speech,
      { cities, languages, theme: theme.choice, search: this.search.node },
      {
        chooseView: (view) => this.chooseView(view),
        chooseTheme: (choice) => theme.choose(choice),
        chooseCity: (city) => this.chooseCity(city),
        chooseLanguage: (language) => {
          this.speech = new Speech(language);
          remember("language", language);
          this.build();
          this.tick();
          this.header.focusLanguage();
        },
        togglePanels: () => {
          this.showPanels(!this.panelsShown);
          this.scene.subscribe();
        },
      },
    );
    this.column = new Column(
      () => this.context(),
      () => this.shownPanels(),
    );
    const { side, card, corner } = this.column;
    const parts = { header: this.header.node, side, card, corner, time: this.time.build() };
    this.frame.fill(speech, parts, (steps) => this.scene.zoomBy(steps));
    this.scene.name(speech.say("app.map"));
    this.showView();
  }

  /** The evening may bring it, while somebody types: colours change, and nothing is built anew. */
  private restyled(): void {
    this.scene.restyle();
    this.time.restyle();
    this.tick();
  }

  /** Brings header, page and map to the view that is chosen. */
  private showView(): void {
    const { view } = this;
    if (view === "map") this.page = undefined;
    else if (view === "board") {
      this.page = new Board(
        this.sharedBoard,
        () => this.context(),
        () => {
          this.sharedBoard = undefined;
          this.showPageOrMap();
        },
      );
    } else this.page = new Page(pageOf(view), () => this.context());
    this.header.showCity(this.scene.city.id);
    this.header.showView(view, view === "map");
    this.showPanels(this.panelsShown);
    this.showPageOrMap();
  }

  private showPageOrMap(): void {
    this.frame.showPage(this.page?.node);
    this.shownPanels();
    this.writeAddress();
  }

  /** Other panels are seen: what they need is asked for. */
  private shownPanels(): void {
    const open = this.mounted();
    this.session.overview.follow(open.some(({ panel }) => panel.overview === true));
    this.scene.show(this.mapShown);
    this.update();
  }

  private get sideShown(): boolean {
    return this.panelsShown && this.page === undefined;
  }

  private get mapShown(): boolean {
    return this.page === undefined || this.page.node.contains(this.frame.stage);
  }

  /** Panels that can be seen. */
  private mounted(): readonly Mounted[] {
    if (this.page === undefined) return this.column.open(this.sideShown);
    const overMap = this.column.open(false);
    return [...this.page.open(), ...(this.mapShown ? overMap : [])];
  }

  private needs(): ReadonlySet<Layer> {
    // The scene asks while the page is not built yet, too.
    if (this.column === undefined) return new Set();
    const context = this.context();
    return new Set(this.mounted().flatMap(({ panel }) => panel.needs?.(context) ?? []));
  }

  private listen(): void {
    window.setInterval(() => this.tick(), TICK_MS);
    window.addEventListener("keydown", (event) => {
      const marks = this.selection !== undefined || this.scene.marksPlace;
      if (event.key === "Escape" && marks) this.select(undefined);
    });
    window.addEventListener("hashchange", () => this.goTo(readAddress(window.location.hash)));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.tick();
    });
    expose(
      () => this.session.live,
      (id) => this.scene.layers.find(({ layer }) => layer === "vehicles")?.position(id),
    );
  }

  /** The address was changed by hand, or by a link. */
  private goTo(address: Address): void {
    const city = this.settings.cities.find(({ id }) => id === address.city);
    if (city !== undefined && city !== this.scene.city) this.chooseCity(city);
    const { zoom, centre } = address;
    if (zoom !== undefined && centre !== undefined) {
      this.scene.look({ zoom, centre: [centre[0], centre[1]] });
    }
    this.choices.wish(address);
    this.scene.applyChoices();
    this.time.changed();
    if (address.board !== undefined) this.sharedBoard = address.board;
    const view = viewNamed(address.view ?? this.view);
    if (view !== this.view) this.chooseView(view);
    else if (view === "board" && address.board !== undefined) this.showView();
    if (address.selection !== undefined) this.select(address.selection);
    this.time.open(address);
  }

  private context(): PanelContext {
    const { session, scene, choices } = this;
    const { live } = session;
    return {
      speech: this.speech,
      settings: this.settings,
      city: scene.city,
      picture: live.picture,
      vehicle: (id) => live.vehicle(id),
      overview: session.overview,
      source: session.source,
      cadence: session.cadence,
      labels: session.labels,
      connection: live.state,
      nowMs: session.nowMs,
      inView: scene.objects,
      selection: this.selection,
      dark: this.theme.dark,
      explanations: session.explanations,
      streetsHint: scene.streetsHint,
      streetScale: choices.streetScale,
      vehicleScale: choices.vehicleScale,
      cellsShown: scene.cellsShown,
      tooManyCells: scene.tooManyCells,
      timelines: session.timelines,
      replays: this.time,
      stage: this.frame.stage,
      colourStreets: (scale) => {
        choices.streetScale = scale;
        this.chosen();
      },
      colourVehicles: (scale) => {
        choices.vehicleScale = scale;
        this.chosen();
      },
      isShown: (layer) => choices.isShown(layer),
      showLayer: (layer, shown) => {
        choices.show(layer, shown);
        this.chosen();
      },
      select: (selection) => this.select(selection),
      showOnMap: (selection, place) => this.showOnMap(selection, place),
      chooseCity: (city) => this.chooseCity(city),
      announce: (text) => this.frame.announce(text),
    };
  }

  private chosen(): void {
    this.scene.applyChoices();
    this.time.changed();
    this.writeAddress();
    this.tick();
  }

  private changed(changes: Changes): void {
    const area = this.selection?.layer === "areas" ? this.selection.id : undefined;
    this.session.keepMinutes(changes, area);
    this.scene.changed(changes);
    if (changes.reset) this.tick();
  }

  /** Brings ages, counts and states to date. */
  private tick(): void {
    this.scene.tick();
    this.tellState();
    this.time.tick();
    this.thank();
    this.update();
  }

  /** Says whether what is shown is the present, and of when it is. */
  private tellState(): void {
    const { speech, session } = this;
    const { live, nowMs } = session;
    const lagMs = this.wake.lagMs(live.clock.lagMs());
    const state = pageState(live.state, lagMs);
    this.header.update(live.picture.origin ?? this.settings.origin, state, lagMs, this.time.state);
    const isStale = state === "lost" || state === "silent";
    this.frame.showStale(isStale);
    // By the timer alone: while it stood, so did the time that it is taken from. It is read twice: rounded
    // the time is the same each second, and is told once.
    const newestMs = nowMs === undefined ? undefined : nowMs - (live.clock.lagMs() ?? 0);
    const time = newestMs === undefined ? "" : speech.time(Math.round(newestMs));
    const told = (text: string): Told => ({ text, own: "" });
    if (this.wasStale && state === "live") this.frame.announce(speech.say("connection.live"));
    if (isStale || state === "live") this.wasStale = isStale;
    if (time !== "" && isStale) {
      this.frame.say(told(speech.say(`connection.${state}_long`, { time })));
    } else if (state === "lost") {
      this.frame.say(told(speech.say("connection.lost")));
    } else {
      const { remark, missing } = this.scene;
      const said = remark && toldProblem(speech, remark);
      this.frame.say(said ?? (missing && told(speech.say(missing))));
    }
  }

  private update(): void {
    this.column.corner.hidden = !this.scene.drawn;
    this.column.update(this.sideShown);
    this.page?.update();
  }

  private thank(): void {
    const { labels, live } = this.session;
    const feeds = live.picture.layer("feeds");
    void labels.want(feeds.keys());
    const names = labels.attributions(feeds.keys()).join(" · ");
    this.frame.thank(names === "" ? "" : this.speech.say("app.data", { names }));
  }

  private chooseView(view: ViewName): void {
    if (view === this.view) return;
    this.view = view;
    this.showView();
    this.tick();
  }

  private chooseCity(city: City): void {
    this.scene.chooseCity(city);
    this.header.showCity(city.id);
    this.select(undefined);
    this.writeAddress();
    this.tick();
  }

  private settled(): void {
    this.header.showCity(this.scene.city.id);
    this.writeAddress();
    this.tick();
  }

  private writeAddress(): void {
    const { scene, choices, view, time } = this;
    const address: Address = {
      view,
      city: scene.city.id,
      ...scene.camera,
      layers: choices.layers,
      streets: choices.streetScale,
      vehicles: choices.vehicleScale,
      selection: this.selection,
      ...time.address,
      board: this.page instanceof Board ? this.page.written : undefined,
    };
    const written = writeAddress(address);
    // Browsers mind an address that is written too often.
    if (written !== window.location.hash) window.history.replaceState(null, "", written);
  }

  private showOnMap(selection: Selection, place: Position | undefined): void {
    if (!this.mapShown) this.chooseView("map");
    const { cities } = this.settings;
    const near = place && cities.find(({ bbox }) => includes(bbox, place));
    if (near !== undefined && near !== this.scene.city) this.chooseCity(near);
    if (place !== undefined) {
      const zoom = Math.max(this.scene.camera?.zoom ?? 0, CLOSE_ZOOM);
      this.scene.look({ zoom, centre: [place.latitude_deg, place.longitude_deg] });
    }
    this.select(selection);
    this.column.card.querySelector("h2")?.focus();
  }

  private select(selection: Selection | undefined): void {
    if (selection !== undefined && this.selection === undefined) {
      this.returnFocus = document.activeElement;
    }
    const closed = selection === undefined && this.selection !== undefined;
    const { card, side } = this.column;
    const hadFocus = card.contains(document.activeElement);
    this.selection = selection;
    this.scene.select(selection);
    this.time.changed();
    this.column.update(this.sideShown);
    if (selection !== undefined || closed) this.scene.subscribe();
    this.writeAddress();
    const fromList = side.contains(document.activeElement);
    if (selection !== undefined && fromList) card.querySelector("h2")?.focus();
    if (closed && hadFocus && this.returnFocus instanceof HTMLElement) this.returnFocus.focus();
  }

  private showPanels(shown: boolean): void {
    this.panelsShown = shown;
    if (!isNarrow()) remember("panels", shown ? "shown" : "hidden");
    this.header.showPanels(shown);
    this.frame.showPanels(shown);
  }
}

/** A single object is looked at from here on. */
const CLOSE_ZOOM = 14;

/** On a phone the map comes first, and the panels when asked for. */
function isNarrow(): boolean {
  return window.matchMedia("(max-width: 48rem)").matches;
}
