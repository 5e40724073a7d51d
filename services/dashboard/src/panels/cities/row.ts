/** One city in the table, kept while it is there so that the focus stays. */

import { button, element, setText } from "../../dom";
import type { CityFigures } from "./figures";
import type { IndicatorName, Said, Wording } from "./indicators";
import { INDICATORS, indicator } from "./indicators";

const COVERED = ["measured", "fused", "inferred", "typical", "unknown"] as const;
/** What stands where nothing is known. */
const DASH = "–";

/** Largest bars of the columns. */
export type Tops = ReadonlyMap<IndicatorName, number>;

class Cell {
  readonly node = element("td");
  private readonly main = element("span", { class: "cities-main" });
  private readonly more = element("span", { class: "quiet" });
  private readonly basis = element("span", { class: "unseen" });
  private readonly bar = element("span", { class: "cities-bar", "aria-hidden": "true" });
  private readonly cover = element("span", { class: "coverage", "aria-hidden": "true" });

  constructor(name: IndicatorName) {
    this.node.dataset["indicator"] = name;
    if (name === "cover") {
      for (const how of COVERED) this.cover.append(element("span", { "data-how": how }));
    }
    this.node.append(this.main, name === "cover" ? this.cover : this.bar, this.more, this.basis);
  }

  update({ say }: Wording, said: Said, top: number): void {
    const known = "main" in said;
    const basis = known ? said.basis : say(`missing.${said.missing}`);
    setText(this.main, known ? said.main : DASH);
    setText(this.more, known ? said.more : "");
    setText(this.basis, basis);
    if (this.node.title !== basis) this.node.title = basis;
    this.node.classList.toggle("none", !known);
    const bar = known ? said.bar : undefined;
    this.bar.hidden = bar === undefined;
    const share = bar === undefined || !(top > 0) ? 0 : Math.min(1, bar / top);
    this.bar.style.setProperty("--share", String(share));
    const coverage = known ? said.coverage : undefined;
    this.cover.hidden = coverage === undefined;
    if (coverage === undefined) return;
    for (const [index, how] of COVERED.entries()) {
      const part = this.cover.children[index];
      if (part instanceof HTMLElement) part.style.flexGrow = String(coverage[how]);
    }
  }
}

export class CityRow {
  readonly node = element("tr");
  private readonly open: HTMLButtonElement;
  private readonly remark = element("span", { class: "cities-remark" });
  private readonly cells = INDICATORS.map((name) => [name, new Cell(name)] as const);

  /** @param choose turns to the map of the city */
  constructor({ say }: Wording, { city }: CityFigures, choose: () => void) {
    const label = say("to_map", { city: city.name });
    this.open = button({ class: "link", "aria-label": label, title: label }, city.name, choose);
    this.node.dataset["city"] = city.id;
    const head = element("th", { scope: "row" }, this.open, this.remark);
    this.node.append(head, ...this.cells.map(([, cell]) => cell.node));
  }

  update(wording: Wording, figures: CityFigures, tops: Tops): void {
    const { state } = figures;
    const stale = state !== "live" || figures.areaOld;
    this.node.classList.toggle("stale", stale);
    this.node.dataset["state"] = state;
    setText(this.remark, stale ? remarkText(wording, figures) : "");
    for (const [name, cell] of this.cells) {
      cell.update(wording, indicator(name).say(wording, figures), tops.get(name) ?? 0);
    }
  }
}

/** Why the row is grey. */
function remarkText({ speech, say, nowMs }: Wording, figures: CityFigures): string {
  const { state, heardMs, area } = figures;
  if (state !== "live") {
    const said = say(`state.${state}`);
    return heardMs === undefined
      ? said
      : `${said}, ${say("stale", { time: speech.time(heardMs) })}`;
  }
  return area === undefined ? "" : say("old", { age: speech.span(nowMs - area.event_time_ms) });
}
