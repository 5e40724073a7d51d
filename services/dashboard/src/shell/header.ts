/** The bar at the top: what this is, whether it is live, which city, which language. */

import type { Origin } from "tilanne-client";
import { button, element, setText } from "../dom";
import type { Language, Speech } from "../i18n";
import { LANGUAGES } from "../i18n";
import type { City } from "../settings";
import type { LiveState } from "../stream/live";

/** A live server speaks each second; after this the picture is no longer called live. */
export const SILENT_AFTER_MS = 6_000;

export type PageState = LiveState | "silent";

/** The connection, and whether anything still comes through it. */
export function pageState(connection: LiveState, lagMs: number | undefined): PageState {
  return connection === "live" && (lagMs ?? 0) > SILENT_AFTER_MS ? "silent" : connection;
}

export interface HeaderActions {
  chooseCity(city: City): void;
  chooseLanguage(language: Language): void;
  togglePanels(): void;
}

export class Header {
  readonly node: HTMLElement;
  private readonly badge = element("strong", { class: "badge", "data-testid": "banner" });
  private readonly status = element("span", { class: "status", "data-testid": "connection" });
  private readonly lag = element("span", { class: "lag", "data-testid": "lag" });
  private readonly cities = new Map<string, HTMLButtonElement>();
  private readonly panels: HTMLButtonElement;

  constructor(
    private readonly speech: Speech,
    cities: readonly City[],
    languages: readonly Language[],
    actions: HeaderActions,
  ) {
    const nav = element("nav", { class: "cities", "aria-label": speech.say("app.cities") });
    for (const city of cities) {
      const attributes = { "data-testid": "city", "data-city": city.id };
      const choose = button(attributes, city.name, () => actions.chooseCity(city));
      this.cities.set(city.id, choose);
      nav.append(choose);
    }
    this.panels = button({ class: "panels-toggle", "aria-controls": "panels" }, "", () =>
      actions.togglePanels(),
    );
    const brand = element("h1", { class: "brand" }, "Tilanne");
    const place = element("div", { class: "place" }, brand, this.badge);
    const state = element("div", { class: "connection" }, this.status, this.lag);
    const chooser = languageChoice(speech, languages, (language) =>
      actions.chooseLanguage(language),
    );
    this.node = element("header", {}, place, nav, state, chooser, this.panels);
  }

  showCity(city: string | undefined): void {
    for (const [id, choose] of this.cities) {
      choose.toggleAttribute("aria-current", false);
      if (id !== city) continue;
      choose.setAttribute("aria-current", "true");
      choose.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  }

  showPanels(shown: boolean): void {
    this.panels.setAttribute("aria-expanded", String(shown));
    setText(this.panels, this.speech.say(shown ? "app.panels.hide" : "app.panels.show"));
  }

  update(origin: Origin, state: PageState, lagMs: number | undefined): void {
    const { speech } = this;
    this.badge.dataset["origin"] = origin;
    setText(this.badge, speech.say(`origin.${origin}`));
    this.status.dataset["state"] = state;
    setText(this.status, speech.say(`connection.${state}`));
    const age = lagMs === undefined ? undefined : speech.span(lagMs);
    setText(this.lag, age === undefined ? "" : speech.say("connection.lag", { age }));
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
