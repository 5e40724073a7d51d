/** The head of the card of a street or an area: now against what is usual. */

import { element, setText } from "../../dom";
import type { PanelContext } from "../panel";
import type { Comparison } from "./comparison";
import { areaComparison, excessSentences, linkComparison } from "./comparison";
import { emissionOf } from "./emission";
import { TEXTS } from "./texts";

function comparisonOf({ speech, picture, selection, nowMs }: PanelContext): Comparison | undefined {
  if (selection === undefined || nowMs === undefined) return undefined;
  if (selection.layer === "links") {
    const link = picture.layer("links").get(selection.id);
    return link && linkComparison(speech, link, nowMs);
  }
  if (selection.layer !== "areas") return undefined;
  const area = picture.layer("areas").get(selection.id);
  return area && areaComparison(speech, area, nowMs);
}

export class NowSection {
  readonly node = element("section", { class: "card-now", "data-testid": "now" });
  private readonly title = element("h3");
  private readonly figure = element("strong", { class: "figure" });
  private readonly interval = element("span", { class: "quiet" });
  private readonly sentences = element("ul");
  private readonly excessTitle = element("h3");
  private readonly excess = element("p");
  private drawn = "";

  constructor(private readonly context: () => PanelContext) {
    const { speech } = context();
    setText(this.excessTitle, speech.of(TEXTS)("excess"));
    const head = element("div", { class: "row" }, this.figure, this.interval);
    this.node.append(this.title, head, this.sentences, this.excessTitle, this.excess);
  }

  update(): void {
    const context = this.context();
    const comparison = comparisonOf(context);
    this.node.hidden = comparison === undefined;
    if (comparison === undefined) return;
    setText(this.title, comparison.title);
    setText(this.figure, comparison.figure);
    setText(this.interval, comparison.interval);
    const look = JSON.stringify(comparison.sentences);
    if (look !== this.drawn) {
      this.drawn = look;
      this.sentences.replaceChildren(
        ...comparison.sentences.map((text) => element("li", {}, text)),
      );
    }
    const excess = excessSentences(context.speech, emissionOf(context).emission).join(" ");
    setText(this.excess, excess);
    this.excess.hidden = this.excessTitle.hidden = excess === "";
  }
}
