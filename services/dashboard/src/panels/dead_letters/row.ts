/** One dead letter: what it was, and below that the bytes as they came. */

import { element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { serverWords } from "../../problem_words";
import { reasonWord } from "../../reason_words";
import type { PagedRow } from "../paged";
import { timeText } from "../paged";
import type { PanelContext } from "../panel";
import type { Letter, Payload } from "./letters";
import { payloadOf } from "./letters";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

const COLUMNS = 6;
const UNKNOWN = "–";

function bytesText(speech: Speech, bytes: number): string {
  const say: Words = speech.of(TEXTS);
  return say("bytes", { n: speech.number(bytes) }).replaceAll(" ", "\u00a0");
}

/** The payload in a fold; nothing in it is ever more than text. */
function payloadFold(speech: Speech, payload: Payload): HTMLElement {
  const say: Words = speech.of(TEXTS);
  const size = bytesText(speech, payload.bytes);
  if (payload.kind === "empty") {
    const text = say("payload_text", { size: say("payload_empty") });
    return element("p", { class: "quiet" }, text);
  }
  const title = say(payload.kind === "text" ? "payload_text" : "payload_hex", { size });
  const isCut = payload.bytesShown < payload.bytes;
  const cut = say("payload_cut", { shown: bytesText(speech, payload.bytesShown), size });
  return element(
    "details",
    { class: "fold" },
    element("summary", {}, title),
    element("pre", { role: "group", tabindex: "0", "aria-label": title }, payload.shown),
    isCut ? element("p", { class: "quiet" }, cut) : undefined,
  );
}

export class LetterRow implements PagedRow {
  readonly node = element("tbody", { class: "letter", "data-testid": "letter" });
  private readonly time = element("span");
  private readonly age = element("span", { class: "quiet note" });
  private readonly feed = element("span");

  constructor(
    private readonly speech: Speech,
    private readonly letter: Letter,
  ) {
    const { outcome, reason, field, message, source, topic } = letter;
    const say: Words = speech.of(TEXTS);
    const isKnown = outcome === "rejected" || outcome === "quarantined";
    const word = isKnown ? say(outcome) : speech.word("feeds", outcome);
    const cause = reasonWord(speech, outcome, reason);
    const own = (text: string): HTMLElement | string => (text === "" ? UNKNOWN : serverWords(text));
    const origin = element("td", {}, source === "" ? UNKNOWN : source);
    if (topic !== "") origin.append(element("code", { class: "note" }, topic));
    this.node.dataset["outcome"] = outcome;
    this.node.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, this.time, this.age),
        element("td", {}, this.feed),
        element("td", {}, element("strong", {}, word), element("span", { class: "note" }, cause)),
        element("td", {}, element("code", {}, field === "" ? UNKNOWN : field)),
        element("td", { class: "letter-message" }, own(message)),
        origin,
      ),
      element(
        "tr",
        { class: "letter-payload" },
        element("td", { colspan: String(COLUMNS) }, payloadFold(speech, payloadOf(letter))),
      ),
    );
  }

  update({ labels }: PanelContext, nowMs = this.letter.received_time_ms): void {
    const { speech, letter } = this;
    const label = labels.get(letter.feed);
    const receivedMs = letter.received_time_ms;
    setText(this.time, timeText(speech, receivedMs, nowMs));
    setText(this.age, speech.say("feeds.age", { age: speech.span(nowMs - receivedMs) }));
    setText(this.feed, label?.title ?? letter.feed);
    this.feed.title = letter.feed;
  }
}
