/** One dead letter: what it was, and below that the bytes as they came. */

import { element, setText } from "../../dom";
import type { FeedLabel } from "../../feed_labels";
import type { Say, Speech } from "../../i18n";
import { serverWords } from "../../problem_words";
import { reasonWord } from "../../reason_words";
import type { Letter, Payload } from "./letters";
import { payloadOf } from "./letters";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** Older than this, a time of day alone would mislead. */
const DATED_AFTER_MS = 12 * 3_600_000;
export const COLUMNS = 6;
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

export class LetterRow {
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

  update(label: FeedLabel | undefined, nowMs: number): void {
    const { speech, letter } = this;
    const ageMs = nowMs - letter.received_time_ms;
    const isOld = ageMs > DATED_AFTER_MS;
    setText(
      this.time,
      isOld ? speech.date(letter.received_time_ms) : speech.time(letter.received_time_ms),
    );
    setText(this.age, speech.say("feeds.age", { age: speech.span(ageMs) }));
    setText(this.feed, label?.title ?? letter.feed);
    this.feed.title = letter.feed;
  }
}
