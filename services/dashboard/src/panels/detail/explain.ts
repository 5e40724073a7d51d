/** The sources behind the speed of a link, with the weight of each. Asked for while it is open. */

import type { Link, LinkWindow } from "tilanne-client";
import { element, setText } from "../../dom";
import type { Evidence } from "../../explanations";
import type { Speech } from "../../i18n";
import type { PanelContext } from "../panel";

/** One source: what it is, what it says, how much it counts. */
function row(speech: Speech, source: Evidence): HTMLTableRowElement {
  const { kind, speed_km_h, deviation_km_h, weight, count, note } = source;
  const many = count > 1 ? ` (${speech.number(count)})` : "";
  const name = element("th", { scope: "row" }, `${speech.word("evidence", kind)}${many}`);
  if (note !== "") {
    name.append(element("span", { class: "quiet note" }, speech.word("note", note)));
  }
  const says = `${speech.number(speed_km_h)} ± ${speech.decimal(deviation_km_h)}`;
  const bar = element("span", { class: "weight", "aria-hidden": "true" });
  bar.style.setProperty("--weight", String(weight));
  const share = element("span", {}, speech.quantity("percent", weight * 100));
  const cell = element("td", { class: "number" }, share, bar);
  const node = element("tr", {}, name, element("td", { class: "number" }, says), cell);
  node.classList.toggle("none", weight < 0.005);
  return node;
}

function table(speech: Speech, sources: readonly Evidence[]): HTMLElement {
  if (sources.length === 0) {
    return element("p", { class: "quiet" }, speech.say("explain.nothing"));
  }
  const heads = (["explain.source", "explain.says", "explain.weight"] as const).map((key) =>
    element("th", { scope: "col" }, speech.say(key)),
  );
  const rows = sources.map((source) => row(speech, source));
  const head = element("thead", {}, element("tr", {}, ...heads));
  return element("table", { class: "sources" }, head, element("tbody", {}, ...rows));
}

/** What comes out of the sources, in one sentence. */
function result(speech: Speech, window: LinkWindow): string {
  return speech.say("explain.result", {
    speed: speech.estimate("km_h", window.speed_km_h),
    method: speech.word("method", window.method),
  });
}

export class ExplainSection {
  readonly node = element("details", { class: "explain", "data-testid": "explain" });
  private readonly body = element("div", { role: "region" });
  private readonly state = element("p", { class: "quiet", role: "status" });
  private drawn = "";

  constructor(private readonly context: () => PanelContext) {
    const { speech } = context();
    const summary = element("summary", {}, speech.say("explain.title"));
    this.body.setAttribute("aria-label", speech.say("explain.title"));
    const how = element("p", { class: "quiet" }, speech.say("explain.how"));
    this.node.append(summary, how, this.state, this.body);
    this.node.addEventListener("toggle", () => this.update());
  }

  update(): void {
    const { speech, picture, selection, explanations } = this.context();
    const link =
      selection?.layer === "links" ? picture.layer("links").get(selection.id) : undefined;
    this.node.hidden = link === undefined;
    if (link === undefined || !this.node.open || picture.region === undefined) return;
    const explained = explanations.of(picture.region, link.id, link.event_time_ms);
    setText(
      this.state,
      explained.state === "ready" ? "" : speech.say(`explain.${explained.state}`),
    );
    this.state.hidden = explained.state === "ready";
    this.body.hidden = explained.state !== "ready";
    if (explained.state !== "ready") return;
    const { minute, five_minutes } = explained.explanation;
    const look = JSON.stringify([link.id, link.event_time_ms, minute, five_minutes]);
    if (look === this.drawn) return;
    this.drawn = look;
    this.body.replaceChildren(
      ...this.window(link.five_minutes, "window.five_minutes", five_minutes),
      ...this.window(link.minute, "window.minute", minute),
      ...this.beside(link),
    );
  }

  private window(
    window: LinkWindow,
    title: "window.five_minutes" | "window.minute",
    sources: readonly Evidence[],
  ): HTMLElement[] {
    const { speech } = this.context();
    const heading = element("h3", {}, speech.say(title));
    const parts = [heading, table(speech, sources)];
    if (window.end_time_ms > 0) parts.push(element("p", {}, result(speech, window)));
    return parts;
  }

  /** What the result is compared with. */
  private beside(link: Link): HTMLElement[] {
    const { speech } = this.context();
    const free = speech.quantity("km_h", link.free_flow_speed_km_h);
    const usual = link.typical_speed_km_h;
    const text =
      usual === null || usual === undefined
        ? speech.say("explain.compared", { free })
        : speech.say("explain.compared_usual", { free, usual: speech.quantity("km_h", usual) });
    return [element("p", { class: "quiet" }, text)];
  }
}
