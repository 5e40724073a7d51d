/** Tables of amounts, as several panels have them. */

import type { Emission } from "tilanne-client";
import { element } from "../dom";
import { pollutantFacts } from "../emission/facts";
import type { Speech } from "../i18n";

export function table(heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const cells = heads.map((text) => element("th", { scope: "col" }, text));
  const head = element("thead", {}, element("tr", {}, ...cells));
  return element("table", { class: "amounts" }, head, element("tbody", {}, ...rows));
}

export function rowHead(text: string, note = ""): HTMLElement {
  const small = note === "" ? undefined : element("span", { class: "quiet note" }, note);
  return element("th", { scope: "row" }, text, small);
}

/** Every pollutant with its interval. */
export function pollutantTable(speech: Speech, emission: Emission): HTMLElement {
  const rows = pollutantFacts(speech, emission).map(([name, value]) =>
    element("tr", {}, rowHead(name), element("td", { class: "number" }, value)),
  );
  const heads = [speech.say("emission.pollutant"), speech.say("emission.now")];
  return table(heads, rows);
}
