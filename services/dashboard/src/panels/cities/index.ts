/** All cities side by side on the same indicators. */

import { button, element, setText } from "../../dom";
import type { City } from "../../settings";
import type { Panel, PanelContext } from "../panel";
import type { CityFigures } from "./figures";
import { figuresOf } from "./figures";
import type { IndicatorName, Order, Wording } from "./indicators";
import { INDICATORS, indicator, isAscending, ordered } from "./indicators";
import { reorder } from "../../reorder";
import type { Tops } from "./row";
import { CityRow } from "./row";
import { TEXTS } from "./texts";

const COVERED = ["measured", "fused", "inferred", "typical", "unknown"] as const;
type Column = Order["by"];
const COLUMNS: readonly Column[] = ["city", ...INDICATORS];

/** Turns to the map of a city, with what is known of it in the card. */
function showCity({ chooseCity, showOnMap, select, overview }: PanelContext, city: City): void {
  const id = `city:${city.id}`;
  const region = overview.all().find((one) => one.id === city.region);
  chooseCity(city);
  showOnMap({ layer: "areas", id }, undefined);
  if (region?.picture.layer("areas").has(id) !== true) select(undefined);
}

class CityTable {
  private readonly waiting = element("p", { class: "quiet" });
  private readonly caption = element("caption");
  private readonly heads = new Map<Column, HTMLTableCellElement>();
  private readonly rows = new Map<string, CityRow>();
  private readonly body = element("tbody");
  private readonly scroll: HTMLElement;
  private order: Order = { by: "speed", reversed: false };

  constructor(
    host: HTMLElement,
    private readonly context: () => PanelContext,
  ) {
    const { speech } = context();
    const say = speech.of(TEXTS);
    const head = element("tr", {}, ...COLUMNS.map((column) => this.head(column)));
    const table = element(
      "table",
      { class: "cities-table" },
      this.caption,
      element("thead", {}, head),
      this.body,
    );
    const region = { class: "cities-scroll", role: "region", tabindex: "0" };
    this.scroll = element("div", { ...region, "aria-label": say("scroll") }, table);
    const key = element("ul", { class: "coverage-key" });
    for (const how of COVERED) {
      const swatch = element("span", { class: "swatch", "data-how": how, "aria-hidden": "true" });
      key.append(element("li", {}, swatch, speech.word("cover", how)));
    }
    setText(this.waiting, say("waiting"));
    const note = element("p", { class: "quiet" }, say("of_region"));
    host.append(element("div", { class: "cities-panel" }, this.waiting, this.scroll, key, note));
  }

  update(): void {
    const context = this.context();
    const { nowMs, overview, settings, cadence, speech, labels } = context;
    this.waiting.hidden = nowMs !== undefined;
    this.scroll.hidden = nowMs === undefined;
    if (nowMs === undefined) return;
    const regions = overview.all();
    const figures = figuresOf({ regions, cities: settings.cities, cadence, nowMs });
    const wording: Wording = { speech, say: speech.of(TEXTS), labels, nowMs };
    setText(this.caption, wording.say("caption", { time: speech.minute(nowMs) }));
    const tops = topsOf(wording, figures);
    const sorted = ordered(figures, this.order, speech.language);
    const nodes = sorted.map((one) => {
      const { city } = one;
      const choose = (): void => showCity(this.context(), city);
      const row = this.rows.get(city.id) ?? new CityRow(wording, one, choose);
      this.rows.set(city.id, row);
      row.update(wording, one, tops);
      return row.node;
    });
    reorder(this.body, nodes);
    for (const [column, head] of this.heads) {
      const direction = isAscending(this.order) ? "ascending" : "descending";
      if (column === this.order.by) head.setAttribute("aria-sort", direction);
      else head.removeAttribute("aria-sort");
    }
  }

  private head(column: Column): HTMLTableCellElement {
    const say = this.context().speech.of(TEXTS);
    const name = say(column);
    const sort = button({ title: say("sort", { name }) }, name, () => {
      const reversed = this.order.by === column && !this.order.reversed;
      this.order = { by: column, reversed };
      this.update();
    });
    sort.append(element("span", { class: "cities-arrow", "aria-hidden": "true" }));
    const head = element("th", { scope: "col" }, sort);
    this.heads.set(column, head);
    return head;
  }
}

/** The largest bar of each column, so that bars of one column are on the same scale. */
function topsOf(wording: Wording, figures: readonly CityFigures[]): Tops {
  const tops = new Map<IndicatorName, number>();
  for (const name of INDICATORS) {
    const { top, say } = indicator(name);
    const bars = figures.map((one) => {
      const said = say(wording, one);
      return "main" in said ? (said.bar ?? 0) : 0;
    });
    tops.set(name, top ?? Math.max(0, ...bars));
  }
  return tops;
}

export const citiesPanel: Panel = {
  id: "cities",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "page",
  size: "full",
  overview: true,
  opensAtStart: true,
  mount(body, context) {
    const table = new CityTable(body, context);
    return () => table.update();
  },
};
