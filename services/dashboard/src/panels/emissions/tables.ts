/** Tables of an area's emission: totals over time, and factor sets side by side. */

import type { Emission, EmissionTotal } from "tilanne-client";
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

/** The newest minute by the factor set in use and by the others, side by side. */
export function setTable(speech: Speech, emission: Emission): HTMLElement[] {
  const others = emission.alternatives ?? [];
  if (others.length === 0) return [];
  const { rates } = emission.minute;
  const used = {
    factor_set: emission.factor_set,
    co2_g_h: measured(rates, "co2").value,
    nox_g_h: measured(rates, "nox").value,
    pm_exhaust_g_h: rates["pm_exhaust"]?.value ?? 0,
  };
  const keys = ["co2_g_h", "nox_g_h", "pm_exhaust_g_h"] as const;
  const rows = [used, ...others].map((set) => {
    const cells = keys.map((key) => {
      const cell = element("td", { class: "number" }, amount(speech, "mass", set[key], "h"));
      const apart = set === used ? "" : difference(speech, set[key], used[key]);
      if (apart !== "") cell.append(element("span", { class: "quiet note" }, apart));
      return cell;
    });
    const note = set === used ? speech.say("emission.in_use") : "";
    return element("tr", {}, rowHead(set.factor_set, note), ...cells);
  });
  const heads = [
    speech.say("emission.factor_set"),
    speech.say("scale.co2"),
    speech.say("scale.nox"),
    speech.say("basis.pm"),
  ];
  const heading = element("h3", {}, speech.say("emission.factor_sets"));
  return [heading, table(heads, rows)];
}
