/** What an area emits: now, since the page was opened, in all, and by other factor sets. */

import type { Emission } from "tilanne-client";
import { element, setText } from "../../dom";
import { amount, level, range, surplus } from "../../emission/amounts";
import { excessText, knownText, passengerKmText, vehicleKmText } from "../../emission/facts";
import type { Measure } from "../../emission/measures";
import { MEASURES, emissionWindow, knownShare, measureIn, measured } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { measureOf } from "../../map/layer";
import { areaKind, areaName } from "../../words";
import type { Panel, PanelContext } from "../panel";
import type { Axis } from "./chart";
import { Chart } from "./chart";
import { pollutantTable } from "../amounts";
import { setTable, totalTable } from "./tables";

/** Largest first. Cells are chosen on the map: there are too many for a list. */
const KINDS: readonly string[] = ["region", "city", "district", "postal_area"];

/** Areas to choose from: the larger ones that are there, and the one that is open. */
function areasOf({ picture, selection }: PanelContext): Emission[] {
  const chosen = selection?.layer === "areas" ? selection.id : undefined;
  const rank = ({ kind }: Emission): number => {
    const known = KINDS.indexOf(kind ?? "");
    return known < 0 ? KINDS.length : known;
  };
  const areas = [...picture.layer("area_emissions").values()].filter(
    ({ id, kind }) => kind !== "cell" || id === chosen,
  );
  return areas.sort(
    (a, b) => rank(a) - rank(b) || (areaName(a) < areaName(b) ? -1 : 1) || (a.id < b.id ? -1 : 1),
  );
}

/** How a time line of a measure is written: in the unit that fits its newest minute. */
function axisOf(speech: Speech, emission: Emission, measure: Measure): Axis {
  const what = speech.say(`scale.${measure}`);
  if (measure === "noise") {
    const unit = speech.say("unit.dba", { n: "" }).trim();
    return { what, unit, one: 1, zero: false };
  }
  const size = Math.abs(measureIn(emission, measure, emission.minute)?.value ?? 0);
  const unit = size >= 1e6 ? "t" : size >= 1e3 ? "kg" : "g";
  const one = { t: 1e6, kg: 1e3, g: 1 }[unit];
  const name = speech.say(`unit.${unit}` as const, { n: "" }).trim();
  return { what, unit: speech.say("per.h", { amount: name }), one, zero: true };
}

/** The figure of now, with its interval and what congestion has to do with it. */
function headline(
  speech: Speech,
  emission: Emission,
  measure: Measure,
): { figure: string; interval: string; excess: string } {
  const now = measureIn(emission, measure);
  if (now === undefined) return { figure: "–", interval: "", excess: "" };
  const interval = (text: string): string => speech.say("emission.interval", { range: text });
  if (measure === "noise") {
    const [figure = "", ends = ""] = level(speech, now).split(" (");
    return { figure, interval: interval(ends.replace(")", "")), excess: "" };
  }
  if (measure === "excess_co2") {
    const [figure, ends] = surplus(speech, "mass", now, "h");
    return { figure, interval: interval(ends.slice(1, -1)), excess: "" };
  }
  const figure = amount(speech, "mass", now.value, "h");
  const all = measured(emissionWindow(emission).rates, measure);
  const ends = range(speech, "mass", now).slice(1, -1);
  const excess = `${speech.say("emission.by_congestion")}: ${excessText(speech, all)}`;
  return { figure, interval: interval(ends), excess };
}

/** A select whose options are kept while they are the same, so that the focus stays. */
class Choice {
  readonly select = element("select");
  readonly node: HTMLElement;
  private drawn = "";

  constructor(label: string, changed: () => void) {
    this.node = element("label", {}, element("span", { class: "quiet" }, label), this.select);
    this.select.addEventListener("change", changed);
  }

  update(options: readonly (readonly [value: string, text: string])[], chosen: string): void {
    const look = JSON.stringify(options);
    if (look !== this.drawn) {
      this.drawn = look;
      const nodes = options.map(([value, text]) => element("option", { value }, text));
      this.select.replaceChildren(...nodes);
    }
    this.select.value = chosen;
  }
}

export const emissionsPanel: Panel = {
  id: "emissions",
  title: (speech) => speech.say("emission.title"),
  place: "side",
  size: "wide",
  opensAtStart: false,
  needs: () => ["area_emissions"],
  mount(body, context) {
    const { speech } = context();
    let area: string | undefined;
    let selected: string | undefined;
    let measure: Measure = measureOf(context().streetScale) ?? "co2";
    let scale = context().streetScale;

    const areas = new Choice(speech.say("emission.area"), () => {
      area = areas.select.value;
      update();
    });
    const measures = new Choice(speech.say("emission.measure"), () => {
      measure = MEASURES.find((one) => one === measures.select.value) ?? "co2";
      update();
    });
    const none = element("p", { class: "quiet" });
    const figure = element("strong", { class: "figure", "data-testid": "emission-now" });
    const tag = element("span", { class: "tag" }, speech.say("emission.estimate"));
    const interval = element("p", { class: "quiet" });
    const excess = element("p");
    const window = element("p", { class: "quiet" });
    const chart = new Chart(speech);
    const coverage = element("div", { class: "coverage", role: "img" });
    const known = element("span", { "data-how": "measured" });
    const unknown = element("span", { "data-how": "unknown" });
    coverage.append(known, unknown);
    const facts = element("dl", { class: "facts" });
    const totals = element("div");
    const sets = element("div");
    const all = element("details", { class: "fold" });
    const allBody = element("div");
    all.append(element("summary", {}, speech.say("emission.all")), allBody);
    all.addEventListener("toggle", () => update());
    const choices = element("div", { class: "choices" }, areas.node, measures.node);
    const content = element(
      "div",
      {},
      element("div", { class: "row" }, figure, tag),
      interval,
      excess,
      window,
      element("h3", {}, speech.say("emission.line")),
      chart.node,
      coverage,
      facts,
      totals,
      sets,
      all,
    );
    body.append(none, choices, content);
    let drawn = "";

    const write = (pairs: readonly (readonly [string, string | undefined])[]): void => {
      const cells = pairs.flatMap(([name, value]) =>
        value === undefined ? [] : [element("dt", {}, name), element("dd", {}, value)],
      );
      facts.replaceChildren(...cells);
    };

    function update(): void {
      const now = context();
      // A choice elsewhere on the page leads this panel; one made here stays until then.
      if (now.streetScale !== scale) measure = measureOf(now.streetScale) ?? measure;
      scale = now.streetScale;
      const opened = now.selection?.layer === "areas" ? now.selection.id : undefined;
      if (opened !== selected && opened !== undefined) area = opened;
      selected = opened;
      const choice = areasOf(now);
      const emission = choice.find(({ id }) => id === area) ?? choice[0];
      none.hidden = emission !== undefined;
      setText(none, speech.say(now.tooManyCells ? "emission.too_many" : "emission.none"));
      choices.hidden = content.hidden = emission === undefined;
      if (emission === undefined) return;
      areas.update(
        choice.map((one) => [one.id, `${areaName(one)} (${areaKind(speech, one)})`]),
        emission.id,
      );
      measures.update(
        MEASURES.map((one) => [one, speech.say(`scale.${one}`)]),
        measure,
      );
      const look = `${emission.id} ${emission.event_time_ms} ${measure} ${all.open}`;
      if (look === drawn) return;
      drawn = look;
      const head = headline(speech, emission, measure);
      setText(figure, head.figure);
      setText(interval, head.interval);
      interval.hidden = head.interval === "";
      setText(excess, head.excess);
      excess.hidden = head.excess === "";
      const { duration_s, end_time_ms } = emissionWindow(emission);
      const span = { duration: speech.span(duration_s * 1_000), time: speech.minute(end_time_ms) };
      setText(window, end_time_ms > 0 ? speech.say("emission.window", span) : "");
      const moments = now.timelines.of(emission.id, measure, now.nowMs ?? 0);
      chart.update(moments, axisOf(speech, emission, measure));
      const share = knownShare(emission);
      const said = `${speech.say("emission.known")} ${knownText(speech, emission)}`;
      known.style.flexGrow = String(share);
      unknown.style.flexGrow = String(1 - share);
      coverage.title = said;
      coverage.setAttribute("aria-label", said);
      write([
        [speech.say("emission.known"), knownText(speech, emission)],
        [
          speech.say("emission.measure_vehicle_km"),
          measure === "noise" ? undefined : vehicleKmText(speech, emission, measure),
        ],
        [speech.say("emission.passenger_km"), passengerKmText(speech, emission)],
        [speech.say("emission.factor_set"), emission.factor_set],
      ]);
      totals.replaceChildren(...totalTable(speech, emission, measure));
      sets.replaceChildren(...setTable(speech, emission));
      if (all.open) allBody.replaceChildren(pollutantTable(speech, emission));
    }
    return update;
  },
};
