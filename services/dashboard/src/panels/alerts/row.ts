/** One alert: when, what, of what, and how bad it was when it was told. */

import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { serverWords } from "../../problem_words";
import type { PagedRow } from "../paged";
import { timeText } from "../paged";
import type { PanelContext } from "../panel";
import type { Alert } from "./alerts";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

const UNKNOWN = "–";

export class AlertRow implements PagedRow {
  readonly node = element("tbody", { class: "alert", "data-testid": "alert" });
  private readonly time = element("span");
  private readonly age = element("span", { class: "quiet note" });
  private readonly of = element("span");
  private readonly since = element("td");

  constructor(
    private readonly speech: Speech,
    private readonly alert: Alert,
    show: (alert: Alert) => void,
  ) {
    const say: Words = speech.of(TEXTS);
    const { kind, is_over, message, place } = alert;
    const title = say(is_over ? `over.${kind}` : kind);
    const state = say(is_over ? "is_over" : "begins");
    const what = element("td", {}, element("strong", {}, title));
    what.append(element("span", { class: "note" }, state));
    const of = element("td", {}, this.of);
    if (kind === "contradiction" || kind === "feed") {
      of.append(element("span", { class: "note" }, serverWords(message)));
    }
    const actions = element("td");
    // What is over is no longer there.
    if (kind === "queue" && !is_over && place !== undefined) {
      const label = say("show_of", { time: speech.time(alert.time_ms) });
      actions.append(
        button({ class: "wrong-action", "aria-label": label }, say("show"), () => show(alert)),
      );
    }
    this.node.dataset["kind"] = kind;
    this.node.dataset["over"] = String(is_over);
    this.node.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, this.time, this.age),
        what,
        of,
        element("td", {}, sizeText(speech, alert)),
        this.since,
        actions,
      ),
    );
  }

  update({ labels }: PanelContext, nowMs = this.alert.time_ms): void {
    const { speech, alert } = this;
    const { kind, object_id, time_ms, since_ms } = alert;
    setText(this.time, timeText(speech, time_ms, nowMs));
    setText(this.age, speech.say("feeds.age", { age: speech.span(nowMs - time_ms) }));
    setText(this.since, timeText(speech, since_ms, nowMs));
    const isFeed = kind === "feed" || kind === "ledger";
    setText(this.of, isFeed ? (labels.get(object_id)?.title ?? object_id) : object_id);
  }
}

/** How long a queue was, and what it cost. */
function sizeText(speech: Speech, { length_m, delay_s }: Alert): string {
  if (length_m === undefined || delay_s === undefined) return UNKNOWN;
  const values = { length: speech.length(length_m), delay: speech.span(delay_s * 1_000) };
  return speech.of(TEXTS)("size", values);
}
