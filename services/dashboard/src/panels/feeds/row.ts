/** One feed: its state in words and colour, how complete it is, and what became of its records. */

import type { Feed } from "tilanne-client";
import { element, setText } from "../../dom";
import type { FeedLabel } from "../../feed_labels";
import type { MessageKey, Speech } from "../../i18n";
import type { Told } from "../../problem_words";
import { setTold } from "../../problem_words";
import { reasonWord } from "../../reason_words";
import type { FeedState } from "../../stream/feed_state";
import { silenceMs } from "../../stream/feed_state";

/** Shown at once; the other outcomes are in the details. */
const COUNTS = ["received", "rejected", "quarantined", "dropped"] as const;
const DETAILS = ["applied", "superseded", "duplicate"] as const;
type Count = (typeof COUNTS)[number] | (typeof DETAILS)[number];
/** Reasons listed a feed; they are few, but the list must not grow with a feed's imagination. */
const MAX_REASONS = 20;

export class FeedRow {
  readonly node: HTMLLIElement;
  private readonly name = element("span", { class: "name grow" });
  private readonly word = element("span", { class: "state" });
  private readonly watermark = element("span", { class: "grow" });
  private readonly age = element("span", { class: "age", "data-testid": "watermark-age" });
  private readonly counts = new Map<Count, HTMLElement>();
  private readonly error = element("p", { class: "error" });
  private readonly details = element("details");
  private readonly facts = element("dl", { class: "facts" });

  constructor(
    private readonly speech: Speech,
    feed: string,
  ) {
    const head = element("div", { class: "row" }, this.name, this.word);
    const freshness = element("div", { class: "row quiet" }, this.watermark, this.age);
    const list = element("dl", { class: "counts" });
    for (const key of COUNTS) list.append(this.count(key));
    const summary = element("summary", {}, speech.say("feeds.reasons"));
    this.details.append(summary, this.facts);
    this.node = element("li", { class: "feed", "data-testid": "feed", "data-feed": feed });
    this.node.append(head, freshness, this.error, list, this.details);
  }

  update(feed: Feed, label: FeedLabel | undefined, state: FeedState, nowMs: number): void {
    const { speech } = this;
    setText(this.name, label?.title ?? feed.id);
    this.name.title = feed.id;
    this.node.dataset["state"] = state;
    const silence = silenceMs(feed, nowMs);
    const silent = (state === "stale" || state === "idle") && silence !== undefined;
    const said = silent ? speech.say("feeds.silence", { age: speech.span(silence) }) : "";
    const word = speech.word("feed", state);
    setText(this.word, said === "" ? word : `${word}, ${said}`);
    const { complete, age } = watermarkTexts(speech, feed, nowMs);
    setText(this.watermark, complete);
    setText(this.age, age);
    for (const [key, cell] of this.counts) {
      setText(cell, speech.number(feed[key]));
      cell.classList.toggle("some", key !== "received" && feed[key] > 0);
    }
    setTold(this.error, errorTold(speech, feed));
    if (this.details.open) this.updateFacts(feed);
  }

  private count(key: Count): HTMLElement {
    const value = element("dd", { "data-testid": `feed-${key}` });
    this.counts.set(key, value);
    return element("div", {}, value, element("dt", {}, this.speech.say(`feeds.${key}`)));
  }

  private updateFacts(feed: Feed): void {
    const { speech } = this;
    const facts: [string, string][] = DETAILS.map((key) => [
      speech.say(`feeds.${key}` satisfies MessageKey),
      speech.number(feed[key]),
    ]);
    for (const { outcome, reason, count } of (feed.reasons ?? []).slice(0, MAX_REASONS)) {
      const cause = reasonWord(speech, outcome, reason);
      facts.push([`${speech.word("feeds", outcome)}: ${cause}`, speech.number(count)]);
    }
    if (feed.last_received_ms) {
      facts.push([speech.say("feeds.last_received"), speech.time(feed.last_received_ms)]);
    }
    const cells = facts.flatMap(([name, value]) => [
      element("dt", {}, name),
      element("dd", {}, value),
    ]);
    this.facts.replaceChildren(...cells);
  }
}

/** Up to when a feed is complete, and how long ago that is. */
export function watermarkTexts(
  speech: Speech,
  { watermark_ms }: Feed,
  nowMs: number,
): { complete: string; age: string } {
  // A feed that has said nothing yet is complete to no time at all.
  if (watermark_ms <= 0) return { complete: speech.say("feeds.no_watermark"), age: "" };
  return {
    complete: speech.say("feeds.watermark", { time: speech.time(watermark_ms) }),
    age: speech.say("feeds.age", { age: speech.span(nowMs - watermark_ms) }),
  };
}

/** What is wrong with the ledger, and what the server says is wrong with the feed. */
function errorTold(speech: Speech, feed: Feed): Told {
  const imbalances = feed.imbalances ?? 0;
  const count = speech.number(imbalances);
  const text = imbalances > 0 ? speech.say("feeds.imbalance", { count }) : "";
  return { text, own: feed.error ?? "" };
}
