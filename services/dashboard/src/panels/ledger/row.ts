/** One feed of the ledger: a row with its account, and one below it with errors and reasons. */

import type { Feed, ReasonCount } from "tilanne-client";
import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { silenceMs } from "../../stream/feed_state";
import type { Entry, Outcome } from "./account";
import { COLUMNS, OUTCOMES, imbalance, isSound } from "./account";
import { setTold } from "../../problem_words";
import { reasonWord } from "../../reason_words";
import type { Rates } from "./rates";
import { Shape, Sparkline } from "./shape";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

const UNKNOWN = "–";
/** Reasons listed; they are few, but the list must not grow with a feed's imagination. */
const REASONS_MAX = 20;
/** Shares below this are written as less than it, percent. */
const SMALLEST_PERCENT = 0.1;

/** A part of the whole: "1.2 %", "under 0.1 %"; nothing where the part is. */
export function shareText(speech: Speech, part: number, whole: number): string {
  if (part === 0 || !(whole > 0)) return "";
  const percent = (part / whole) * 100;
  const n = speech.decimal(Math.max(SMALLEST_PERCENT, percent));
  const text = speech.say("unit.percent_1", { n }).replaceAll(" ", "\u00a0");
  return percent < SMALLEST_PERCENT / 2 ? `<\u00a0${text}` : text;
}

/** Whether the account of a feed adds up, in words. */
export function balanceText(speech: Speech, feed: Feed): string {
  const say: Words = speech.of(TEXTS);
  const left = imbalance(feed);
  const broken = feed.imbalances ?? 0;
  const now =
    left === 0
      ? say("balanced")
      : say(left > 0 ? "missing" : "surplus", { count: speech.number(Math.abs(left)) });
  if (broken === 0) return now;
  const past = say("broken", { count: speech.number(broken) });
  return left === 0 ? past : `${now}; ${past}`;
}

/** Up to when a feed is complete, and how long ago that is. */
export function watermarkTexts(
  speech: Speech,
  { watermark_ms }: Feed,
  nowMs: number,
): { time: string; age: string } {
  // A feed that has said nothing yet is complete to no time at all.
  if (watermark_ms <= 0) return { time: UNKNOWN, age: "" };
  const say: Words = speech.of(TEXTS);
  const ageMs = nowMs - watermark_ms;
  const age = speech.span(Math.abs(ageMs));
  return { time: speech.time(watermark_ms), age: say(ageMs < -1_000 ? "ahead" : "ago", { age }) };
}

/** The most frequent reasons first, each with its outcome. */
export function reasonRows(feed: Feed): ReasonCount[] {
  return [...(feed.reasons ?? [])].sort((a, b) => b.count - a.count);
}

export class LedgerRow {
  readonly node = element("tbody", { class: "ledger-feed", "data-testid": "ledger-feed" });
  private readonly title = element("span", { class: "ledger-title" });
  private readonly place = element("td");
  private readonly shape = new Shape();
  private readonly word = element("strong", { class: "ledger-word" });
  private readonly silence = element("span", { class: "quiet note" });
  private readonly beat = element("span", { class: "quiet note" });
  private readonly watermark = element("span");
  private readonly age = element("span", { class: "quiet note" });
  private readonly rate = element("span");
  private readonly spark = new Sparkline();
  private readonly received = element("td", { class: "number" });
  private readonly counts = new Map<Outcome, { count: HTMLElement; share: HTMLElement }>();
  private readonly balance = element("td", { class: "ledger-balance" });
  private readonly toggle: HTMLButtonElement;
  private readonly below = element("tr", { class: "ledger-below" });
  private readonly error = element("p", { class: "error" });
  private readonly reasons = element("div");
  private isOpen = false;
  private entry: Entry | undefined;
  private drawn = "";

  constructor(
    private readonly speech: Speech,
    private readonly rates: Rates,
    key: string,
  ) {
    const say: Words = speech.of(TEXTS);
    const id = `ledger-${key.replaceAll(/[^\w-]/g, "_")}`;
    this.below.id = id;
    this.toggle = button(
      { class: "link ledger-toggle", "aria-expanded": "false", "aria-controls": id },
      say("reasons"),
      () => {
        this.isOpen = !this.isOpen;
        if (this.entry !== undefined) this.writeBelow(this.entry);
      },
    );
    const state = element("span", { class: "ledger-state" }, undefined, this.word);
    state.prepend(this.shape.node);
    const rate = element("td", { class: "number" }, this.rate);
    rate.append(this.spark.node);
    this.node.append(
      element(
        "tr",
        {},
        element("th", { scope: "row" }, this.title, this.toggle),
        this.place,
        element("td", {}, state, this.silence, this.beat),
        element("td", {}, this.watermark, this.age),
        rate,
        this.received,
        ...OUTCOMES.map((outcome) => this.cell(outcome)),
        this.balance,
      ),
      this.below,
    );
    const span = String(COLUMNS.length);
    this.below.append(element("td", { colspan: span }, this.error, this.reasons));
  }

  update(entry: Entry, nowMs: number, limitMs: number): void {
    this.entry = entry;
    const { speech } = this;
    const say: Words = speech.of(TEXTS);
    const { feed, state } = entry;
    this.node.dataset["state"] = state;
    this.node.dataset["feed"] = feed.id;
    setText(this.title, entry.title);
    this.title.title = feed.id;
    setText(this.place, entry.place);
    this.shape.show(state);
    setText(this.word, speech.word("feed", state));
    const silence = silenceMs(feed, nowMs);
    const last = silence === undefined ? say("never") : say("last", { age: speech.span(silence) });
    setText(this.silence, last);
    const isBeating = state === "live" || state === "stale";
    setText(this.beat, isBeating ? say("beat", { span: speech.span(limitMs) }) : "");
    this.writeWatermark(feed, nowMs);
    this.writeRate(entry);
    setText(this.received, speech.number(feed.received));
    for (const [outcome, { count, share }] of this.counts) {
      setText(count, speech.number(feed[outcome]));
      setText(share, shareText(speech, feed[outcome], feed.received));
    }
    setText(this.balance, balanceText(speech, feed));
    this.balance.classList.toggle("bad", !isSound(feed));
    this.writeBelow(entry);
  }

  private cell(outcome: Outcome): HTMLElement {
    const count = element("span", { "data-outcome": outcome });
    const share = element("span", { class: "quiet note" });
    this.counts.set(outcome, { count, share });
    return element("td", { class: "number" }, count, share);
  }

  private writeWatermark(feed: Feed, nowMs: number): void {
    const { time, age } = watermarkTexts(this.speech, feed, nowMs);
    setText(this.watermark, time);
    setText(this.age, age);
  }

  private writeRate({ key, rate }: Entry): void {
    const { speech, rates } = this;
    setText(this.rate, rate === undefined ? UNKNOWN : speech.decimal(rate));
    const spanMs = rates.of(key)?.spanMs;
    const span = spanMs === undefined ? "" : speech.span(spanMs);
    this.rate.title = span === "" ? "" : speech.of(TEXTS)("rate_over", { span });
    this.spark.show(rates.line(key));
  }

  private writeBelow({ feed, title }: Entry): void {
    const { speech, isOpen } = this;
    const say: Words = speech.of(TEXTS);
    const error = feed.error ?? "";
    setTold(this.error, { text: error === "" ? "" : say("error"), own: error });
    this.toggle.setAttribute("aria-expanded", String(isOpen));
    this.toggle.setAttribute("aria-label", say("reasons_of", { feed: title }));
    this.reasons.hidden = !isOpen;
    this.below.hidden = !isOpen && error === "";
    if (!isOpen) return;
    const all = reasonRows(feed);
    const look = JSON.stringify(all);
    if (look === this.drawn) return;
    this.drawn = look;
    const items = all.slice(0, REASONS_MAX).map(({ outcome, reason, count }) => {
      const cause = reasonWord(speech, outcome, reason);
      const name = say("reason_of", { outcome: speech.word("feeds", outcome), reason: cause });
      const share = shareText(speech, count, feed.received);
      const value = share === "" ? speech.number(count) : `${speech.number(count)} (${share})`;
      return [element("dt", {}, name), element("dd", {}, value)];
    });
    const list = element("dl", { class: "facts ledger-reasons" }, ...items.flat());
    const rest = all.length - REASONS_MAX;
    const note = rest > 0 ? say("more_reasons", { count: speech.number(rest) }) : "";
    const none = all.length === 0 ? say("no_reasons") : "";
    this.reasons.replaceChildren(list, element("p", { class: "quiet" }, `${none}${note}`));
  }
}
