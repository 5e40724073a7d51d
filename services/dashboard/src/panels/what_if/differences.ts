/** The largest differences of one what-if, as a table for each measure. */

import { button, element, setText } from "../../dom";
import { problemOf, setTold, toldProblem } from "../../problem_words";
import type { Replay } from "../../time/replay";
import type { PanelContext } from "../panel";
import type { MeasureName, Results } from "./results";
import { MEASURE_NAMES, MEASURES, readResults } from "./results";
import { TEXTS } from "./texts";

export class DifferenceTable {
  readonly node = element("div", { class: "what-if-results" });
  private asking: AbortController | undefined;
  private measure: MeasureName = "street_speed";

  constructor(private readonly context: () => PanelContext) {
    this.node.hidden = true;
  }

  close(): void {
    this.asking?.abort();
    this.node.hidden = true;
    this.node.replaceChildren();
  }

  /** Reads and shows what differs. */
  async open(replay: Replay, name: string): Promise<void> {
    const { speech, replays } = this.context();
    const say = speech.of(TEXTS);
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const title = element("h3", { tabindex: "-1" }, say("results_of", { name }));
    const status = element("p", { role: "status", class: "quiet" }, say("loading"));
    this.node.replaceChildren(title, status);
    this.node.hidden = false;
    title.focus();
    try {
      const results = await readResults(replays.root, replay, asking.signal);
      if (this.asking !== asking) return;
      this.show(results, status);
    } catch (error) {
      if (this.asking !== asking) return;
      setTold(status, toldProblem(speech, problemOf(error), say("failed_read")));
    }
  }

  private show(results: Results, status: HTMLElement): void {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const some = MEASURE_NAMES.filter((name) => (results.measures.get(name)?.count ?? 0) > 0);
    if (some.length === 0) {
      setText(status, say("nothing"));
      return;
    }
    if (!some.includes(this.measure)) this.measure = some[0] ?? this.measure;
    const select = element("select", { "aria-label": say("measure") });
    for (const name of some) {
      const option = element("option", { value: name }, say(name));
      option.selected = name === this.measure;
      select.append(option);
    }
    const table = element("table");
    const fill = (): void => {
      const result = results.measures.get(this.measure);
      const n = speech.number(result?.largest.length ?? 0);
      const counted = say("largest", { n, count: speech.number(result?.count ?? 0) });
      setText(status, results.isCut ? `${counted} ${say("cut")}` : counted);
      table.replaceChildren(...this.rows(results));
    };
    select.addEventListener("change", () => {
      this.measure = some.find((name) => name === select.value) ?? this.measure;
      fill();
    });
    fill();
    this.node.append(select, table);
  }

  private rows(results: Results): HTMLElement[] {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const head = (["place_of", "before", "after", "difference", "looks"] as const).map((key) =>
      element("th", { scope: "col", class: key === "place_of" ? "" : "number" }, say(key)),
    );
    const number = (text: string): HTMLElement => element("td", { class: "number" }, text);
    const layer = MEASURES[this.measure][0] === "areas" ? "areas" : "links";
    const body = (results.measures.get(this.measure)?.largest ?? []).map((one) => {
      const { id, before, after, difference, looks } = one;
      const { name, place } = results.known.get(id) ?? {};
      // Sections of one street have one name.
      const shown = name === undefined || layer === "areas" ? (name ?? id) : `${name} (${id})`;
      const open = button({ class: "link" }, shown, () => {
        this.context().showOnMap({ layer, id }, place);
      });
      const sign = difference > 0 ? "+" : "";
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, open),
        number(speech.digits(before)),
        number(speech.digits(after)),
        number(sign + speech.digits(difference)),
        number(speech.number(looks)),
      );
    });
    const tbody = element("tbody", {}, ...body);
    return [element("thead", {}, element("tr", {}, ...head)), tbody];
  }
}
