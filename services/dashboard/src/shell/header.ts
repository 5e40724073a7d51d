/** The bar at the top: what this is, whether it is live, which city, which language. */

import type { Origin } from "tilanne-client";
import { button, element, setText } from "../dom";
import type { Language, Speech } from "../i18n";
import { LANGUAGES, texts } from "../i18n";
import type { City } from "../settings";
import type { LiveState } from "../stream/live";
import { SILENT_AFTER_MS } from "../stream/region_state";
import type { PastShown } from "../time";
import { Menu } from "./menu";
import type { ThemeChoice } from "./theme";
import { THEMES } from "./theme";
import type { ViewName } from "./views";
import { VIEWS } from "./views";

export type PageState = LiveState | "silent";

/** The connection, and whether anything still comes through it. */
export function pageState(connection: LiveState, lagMs: number | undefined): PageState {
  return connection === "live" && (lagMs ?? 0) > SILENT_AFTER_MS ? "silent" : connection;
}

/** How a picture of the past is. */
const PAST = texts({
  en: {
    reaching: "On its way",
    playing: "Playing",
    paused: "Paused",
    ended: "At the end",
    failed: "Failed",
  },
  fi: {
    reaching: "Siirrytään",
    playing: "Toistetaan",
    paused: "Pysäytetty",
    ended: "Lopussa",
    failed: "Epäonnistui",
  },
  sv: {
    reaching: "På väg",
    playing: "Spelas upp",
    paused: "Pausad",
    ended: "Vid slutet",
    failed: "Misslyckades",
  },
});

export interface HeaderActions {
  chooseView(view: ViewName): void;
  chooseTheme(theme: ThemeChoice): void;
  chooseCity(city: City): void;
  chooseLanguage(language: Language): void;
  togglePanels(): void;
}

export interface HeaderOptions {
  readonly cities: readonly City[];
  readonly languages: readonly Language[];
  readonly theme: ThemeChoice;
  /** The search box. */
  readonly search: HTMLElement;
}

export class Header {
  readonly node: HTMLElement;
  private readonly badge = element("strong", { class: "badge", "data-testid": "banner" });
  private readonly status = element("span", { class: "status", "data-testid": "connection" });
  private readonly lag = element("span", { class: "lag", "data-testid": "lag" });
  private readonly views = new Map<ViewName, HTMLAnchorElement>();
  private readonly cities = new Map<string, HTMLButtonElement>();
  private readonly panels: HTMLButtonElement;
  private readonly menu: Menu;

  constructor(
    private readonly speech: Speech,
    { cities, languages, theme, search }: HeaderOptions,
    private readonly actions: HeaderActions,
  ) {
    const brand = element("h1", { class: "brand" }, "Tilanne");
    const place = element("div", { class: "place" }, brand, this.badge);
    const state = element("div", { class: "connection" }, this.status, this.lag);
    const chooser = languageChoice(speech, languages, (language) =>
      actions.chooseLanguage(language),
    );
    this.panels = button({ class: "panels-toggle", "aria-controls": "panels" }, "", () =>
      actions.togglePanels(),
    );
    const preferences = element("div", { class: "preferences" }, this.themeChoice(theme), chooser);
    this.menu = new Menu(speech, this.viewChoice(), this.cityChoice(cities), preferences);
    const { toggle, node } = this.menu;
    this.node = element("header", {}, place, toggle, node, state, search, this.panels);
  }

  /** @param panels whether the view has a column of panels that can be hidden */
  showView(view: ViewName, panels: boolean): void {
    for (const [name, link] of this.views) {
      if (name === view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.panels.hidden = !panels;
    this.menu.name(this.speech.say(`view.${view}`));
  }

  showCity(city: string | undefined): void {
    for (const [id, choose] of this.cities) {
      choose.toggleAttribute("aria-current", false);
      if (id !== city) continue;
      choose.setAttribute("aria-current", "true");
      choose.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  /** The focus was on the one before, whose place this header takes. */
  focusLanguage(): void {
    this.menu.show(true);
    const chosen = "[data-testid=language][aria-pressed=true]";
    this.node.querySelector<HTMLElement>(chosen)?.focus();
  }

  showPanels(shown: boolean): void {
    this.panels.setAttribute("aria-expanded", String(shown));
    setText(this.panels, this.speech.say(shown ? "app.panels.hide" : "app.panels.show"));
  }

  /** @param past what is shown in place of the present; it has a time of its own, but no age */
  update(origin: Origin, state: PageState, lagMs: number | undefined, past?: PastShown): void {
    const { speech } = this;
    this.badge.dataset["origin"] = past === undefined ? origin : "replay";
    if (past !== undefined && state !== "lost") {
      const moment = speech.date(past.timeMs);
      setText(this.badge, `${speech.say("origin.replay")} · ${moment}`);
      this.status.dataset["state"] = past.state;
      setText(this.status, speech.of(PAST)(past.state));
      setText(this.lag, speech.time(past.timeMs));
      return;
    }
    setText(this.badge, speech.say(`origin.${past === undefined ? origin : "replay"}`));
    this.status.dataset["state"] = state;
    setText(this.status, speech.say(`connection.${state}`));
    const age = lagMs === undefined ? undefined : speech.span(lagMs);
    setText(this.lag, age === undefined ? "" : speech.say("connection.lag", { age }));
  }

  private viewChoice(): HTMLElement {
    const { speech, actions } = this;
    const nav = element("nav", { class: "views", "aria-label": speech.say("app.views") });
    for (const view of VIEWS) {
      const attributes = { href: `./#view=${view}`, "data-testid": "view", "data-view": view };
      const link = element("a", attributes, speech.say(`view.${view}`));
      link.addEventListener("click", (event) => {
        // Opened in another tab it begins there anew; here the rest of the address stays.
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.menu.show(false);
        actions.chooseView(view);
      });
      this.views.set(view, link);
      nav.append(link);
    }
    return nav;
  }

  private cityChoice(cities: readonly City[]): HTMLElement {
    const nav = element("nav", { class: "cities", "aria-label": this.speech.say("app.cities") });
    for (const city of cities) {
      const attributes = { "data-testid": "city", "data-city": city.id };
      const choose = button(attributes, city.name, () => {
        this.menu.show(false);
        this.actions.chooseCity(city);
      });
      this.cities.set(city.id, choose);
      nav.append(choose);
    }
    return nav;
  }

  private themeChoice(chosen: ThemeChoice): HTMLElement {
    const { speech } = this;
    const select = element("select", { "data-testid": "theme" });
    for (const theme of THEMES) {
      const option = element("option", { value: theme }, speech.say(`theme.${theme}`));
      option.selected = theme === chosen;
      select.append(option);
    }
    select.addEventListener("change", () => {
      const theme = THEMES.find((one) => one === select.value);
      if (theme !== undefined) this.actions.chooseTheme(theme);
    });
    return element(
      "label",
      { class: "theme" },
      element("span", {}, speech.say("app.theme")),
      select,
    );
  }
}

function languageChoice(
  speech: Speech,
  languages: readonly Language[],
  choose: (language: Language) => void,
): HTMLElement {
  const group = element("div", {
    class: "languages",
    role: "group",
    "aria-label": speech.say("app.language"),
  });
  for (const language of languages) {
    const { name } = LANGUAGES[language];
    const attributes = {
      lang: language,
      title: name,
      "aria-label": `${language.toUpperCase()}, ${name}`,
      "aria-pressed": String(language === speech.language),
      "data-testid": "language",
      "data-language": language,
    };
    group.append(button(attributes, language.toUpperCase(), () => choose(language)));
  }
  return group;
}
