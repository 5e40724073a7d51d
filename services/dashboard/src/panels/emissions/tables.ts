/** Tables of an area's emission: totals over time, and factor sets side by side. */

import type { Emission, EmissionAlternative, EmissionTotal, Estimate } from "tilanne-client";
import { element } from "../../dom";
import { amount, range, surplus } from "../../emission/amounts";
import type { Measure } from "../../emission/measures";
import { excessOf, measured } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { rowHead, table } from "../amounts";

/** Shortest first, and of each the running one before the last. */
const PERIODS: readonly string[] = ["hour", "day", "week"];
const WINDOW_MS = 5 * 60_000;

/** How much of its time a total has, in words; nothing when it has all. */
export function coveredText(speech: Speech, total: EmissionTotal): string {
  const all = Math.round((total.end_time_ms - total.start_time_ms) / WINDOW_MS);
  if (total.windows >= all) return "";
  const share = speech.quantity("percent", (total.windows / all) * 100);
  return speech.say("emission.windows", { share });
}

/** A figure with its interval below it. */
function cell(figure: string, ends: string): HTMLElement {
  return element("td", { class: "number" }, figure, element("span", { class: "quiet note" }, ends));
}

/** Totals of a measure; noise is not added up. */
export function totalTable(speech: Speech, emission: Emission, measure: Measure): HTMLElement[] {
  const heading = element("h3", {}, speech.say("emission.totals"));
  if (measure === "noise") {
    return [heading, element("p", { class: "quiet" }, speech.say("emission.no_totals"))];
  }
  const totals = [...(emission.totals ?? [])].sort(
    (a, b) =>
      PERIODS.indexOf(a.period) - PERIODS.indexOf(b.period) ||
      Number(a.complete) - Number(b.complete),
  );
  if (totals.length === 0) return [];
  const rows = totals.map((total) => {
    const of = measured(total.amounts, measure);
    const name = speech.word(total.complete ? "period_over" : "period", total.period);
    const excess = cell(...surplus(speech, "mass", excessOf(of)));
    const whole = cell(amount(speech, "mass", of.value), range(speech, "mass", of));
    const cells = measure === "excess_co2" ? [excess] : [whole, excess];
    return element("tr", {}, rowHead(name, coveredText(speech, total)), ...cells);
  });
  const heads = [speech.say("emission.period")];
  if (measure === "excess_co2") heads.push(speech.say("emission.by_congestion"));
  else heads.push(speech.say("emission.amount"), speech.say("emission.by_congestion"));
  return [heading, table(heads, rows)];
}

/** How far a factor set is from the one in use, signed: "+7 %". */
function difference(speech: Speech, value: number, used: number): string {
  if (!(used > 0)) return "";
  const percent = Math.round((value / used - 1) * 100);
  const sign = percent > 0 ? "+" : percent < 0 ? "−" : "±";
  return `${sign}${speech.quantity("percent", Math.abs(percent))}`;
}

const NOTHING: Estimate = { value: 0, low: 0, high: 0 };

/** CO2, NOx and exhaust particles of a factor set beside the one in use, g/h. */
function figuresOf(of: EmissionAlternative): Estimate[] {
  return [
    { value: of.co2_g_h, low: of.co2_low_g_h, high: of.co2_high_g_h },
    { value: of.nox_g_h, low: of.nox_low_g_h, high: of.nox_high_g_h },
    { value: of.pm_exhaust_g_h, low: of.pm_exhaust_low_g_h, high: of.pm_exhaust_high_g_h },
  ];
}

/** The newest minute by the factor set in use and by the others, side by side. */
export function setTable(speech: Speech, emission: Emission): HTMLElement[] {
  const others = emission.alternatives ?? [];
  if (others.length === 0) return [];
  const { rates } = emission.minute;
  const used = [measured(rates, "co2"), measured(rates, "nox"), rates["pm_exhaust"] ?? NOTHING];
  const row = (name: string, note: string, figures: readonly Estimate[]): HTMLElement => {
    const cells = figures.map((of, index) => {
      const shown = cell(amount(speech, "mass", of.value, "h"), range(speech, "mass", of));
      const apart = of === used[index] ? "" : difference(speech, of.value, used[index]?.value ?? 0);
      if (apart !== "") shown.append(element("span", { class: "quiet note" }, apart));
      return shown;
    });
    return element("tr", {}, rowHead(name, note), ...cells);
  };
  const rows = [
    row(emission.factor_set, speech.say("emission.in_use"), used),
    ...others.map((of) => row(of.factor_set, "", figuresOf(of))),
  ];
  const heads = [
    speech.say("emission.factor_set"),
    speech.say("scale.co2"),
    speech.say("scale.nox"),
    speech.say("basis.pm"),
  ];
  const heading = element("h3", {}, speech.say("emission.factor_sets"));
  return [heading, table(heads, rows)];
}
