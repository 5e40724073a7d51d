/**
 * The bar below the map: which moment is shown, on a slider over the archive, with buttons, and as a
 * field; and how it plays. Native controls, so that it works with keys and is read aloud.
 */

import { button, element, setText } from "../dom";
import type { Say, Speech } from "../i18n";
import type { Told } from "../problem_words";
import { setTold } from "../problem_words";
import type { ComparisonKind } from "./comparison";
import { COMPARISONS } from "./comparison";
import type { Extent } from "./extent";
import { nearest } from "./extent";
import type { Replay, Speed } from "./replay";
import { SPEEDS, goesOn } from "./replay";
import type { Scale } from "./scale";
import { gapsOf, marksOf, momentAt, positionOf, scaleOf, shareOf } from "./scale";
import { TEXTS } from "./texts";
import { momentOf, wallTime } from "./wall_time";

const STEP_MS = 5 * 60_000;
/** Keys move the slider step by step: the moment is gone to when they rest. */
const REST_MS = 350;

/** What the bar shows. */
export interface BarState {
  /** What can be gone to: what is archived, or of a foreign replay what it plays. */
  readonly extent: Extent | undefined;
  /** Now, or the end of a foreign replay; `undefined` while neither is known. */
  readonly endMs: number | undefined;
  /** Whether a replay is shown that was not started here: then the end is not the present. */
  readonly foreign: boolean;
  /** The moment that is shown or on its way; `undefined` in the present. */
  readonly momentMs: number | undefined;
  readonly replay: Replay | undefined;
  readonly speed: Speed;
  readonly comparison: ComparisonKind;
  /** Whether there is a map to compare on. */
  readonly comparable: boolean;
  /** In words, how it is; nothing where the controls say it. */
  readonly said: Told;
  readonly troubled: boolean;
}

export interface BarActions {
  goTo(atMs: number): void;
  /** Back to the present. */
  end(): void;
  play(): void;
  pause(): void;
  setSpeed(speed: Speed): void;
  compare(kind: ComparisonKind): void;
  /** Something to say that the reader has caused. */
  remark(text: string): void;
}

export class TimeBar {
  readonly node: HTMLElement;
  private readonly now: HTMLButtonElement;
  private readonly playing: HTMLButtonElement;
  private readonly back: HTMLButtonElement;
  private readonly forth: HTMLButtonElement;
  private readonly speed: HTMLSelectElement;
  private readonly slider = element("input", { type: "range", min: "0", step: "1" });
  private readonly marks = element("div", { class: "time-marks", "aria-hidden": "true" });
  private readonly shown = element("strong", { class: "time-shown" });
  private readonly day = element("input", { type: "date", required: "" });
  private readonly time = element("input", { type: "text", required: "", inputmode: "numeric" });
  private readonly field: HTMLFormElement;
  private readonly comparisons: HTMLElement;
  /** On a phone, what the past is seldom needed for is behind it; elsewhere it is not there. */
  private readonly unfold: HTMLButtonElement;
  private readonly said = element("p", { class: "time-said", role: "status" });
  private readonly say: Say<keyof (typeof TEXTS)["en"]>;
  private state: BarState | undefined;
  private scale: Scale | undefined;
  private drawn = "";
  /** Where the reader has moved the slider, until that moment is gone to. */
  private moved: number | undefined;
  private speedShown: Speed | undefined;
  private resting: number | undefined;

  constructor(
    private readonly speech: Speech,
    private readonly actions: BarActions,
  ) {
    this.say = speech.of(TEXTS);
    const { say } = this;
    const sign = (name: string, label: string, text: string, press: () => void) =>
      button({ class: name, "aria-label": label, title: label }, text, press);
    this.now = button(
      { class: "time-now", title: say("now_title"), "data-testid": "time-now" },
      "",
      () => actions.end(),
    );
    this.now.append(element("span", { class: "time-dot" }), say("now"));
    this.back = sign("time-step", say("back"), "−5", () => this.step(-STEP_MS));
    this.playing = button({ class: "time-play", "data-testid": "play" }, "", () => this.toggle());
    this.forth = sign("time-step", say("forth"), "+5", () => this.step(STEP_MS));
    this.speed = this.speedChoice();
    this.field = this.momentField();
    this.comparisons = this.comparisonChoice();
    this.unfold = sign("time-unfold", say("unfold"), "⋯", () => this.fold(this.isUnfolded));
    this.unfold.setAttribute("aria-controls", `${this.field.id} ${this.comparisons.id}`);
    this.unfold.dataset["testid"] = "time-unfold";
    this.slider.setAttribute("aria-label", say("slider"));
    this.slider.dataset["testid"] = "time-slider";
    this.slider.addEventListener("input", () => this.drag());
    this.slider.addEventListener("change", () => this.rest());
    // Let go where it was taken it has not changed, but what is shown may have.
    for (const end of ["pointerup", "pointercancel", "blur"]) {
      this.slider.addEventListener(end, () => {
        if (this.moved !== undefined) this.rest();
      });
    }
    const track = element("div", { class: "time-track" }, this.slider, this.marks);
    const steps = element("div", { class: "time-steps" }, this.back, this.playing, this.forth);
    const main = element("div", { class: "time-main" }, this.now, steps, this.speed, track);
    main.append(this.unfold, this.shown, this.field);
    const more = element("div", { class: "time-more" }, this.comparisons, this.said);
    const attributes = { class: "time", "aria-label": say("title"), "data-testid": "time" };
    this.node = element("section", attributes, main, more);
    this.fold(true);
  }

  /** Brings it up to date; what the reader is about to choose stays. */
  update(state: BarState): void {
    this.state = state;
    const { extent, endMs, momentMs, replay, speed } = state;
    const past = momentMs !== undefined;
    const begins = past && !this.node.classList.contains("past");
    this.node.classList.toggle("past", past);
    // Who has just written a moment may write another one, and keeps the focus there.
    if (begins) this.fold(!this.field.contains(document.activeElement));
    this.now.setAttribute("aria-pressed", String(!past));
    for (const one of [this.slider, this.back, this.day, this.time]) {
      one.disabled = extent === undefined;
    }
    for (const one of this.field.querySelectorAll("button")) one.disabled = extent === undefined;
    this.forth.disabled = !past;
    this.playing.disabled =
      replay === undefined || !["playing", "paused", "reaching"].includes(replay.state);
    const plays = replay !== undefined && goesOn(replay) && replay.state !== "reaching";
    this.playing.dataset["plays"] = String(plays);
    const label = this.say(plays ? "pause" : "play");
    this.playing.setAttribute("aria-label", label);
    this.playing.title = label;
    this.showSpeed(speed);
    this.comparisons.hidden = !past || !state.comparable;
    for (const input of this.comparisons.querySelectorAll("input")) {
      input.checked = input.value === state.comparison;
    }
    this.said.classList.toggle("troubled", state.troubled);
    setTold(this.said, state.said);
    // While the reader moves the slider its positions stand for what they stood for.
    if (this.moved === undefined) {
      this.scale = extent && endMs !== undefined ? scaleOf(extent, endMs) : undefined;
      this.draw(extent);
      this.place(momentMs);
    }
    const fieldMs = momentMs ?? endMs;
    if (fieldMs !== undefined) this.fillField(fieldMs);
  }

  private get isUnfolded(): boolean {
    return this.unfold.getAttribute("aria-expanded") === "true";
  }

  private fold(folded: boolean): void {
    this.unfold.setAttribute("aria-expanded", String(!folded));
    this.node.classList.toggle("folded", folded);
  }

  private place(momentMs: number | undefined): void {
    const { scale, slider } = this;
    if (scale === undefined) {
      // There is only now, at the end.
      slider.max = "1";
      slider.value = "1";
      setText(this.shown, "");
      return;
    }
    slider.max = String(positionOf(scale, scale.toMs));
    slider.value = momentMs === undefined ? slider.max : String(positionOf(scale, momentMs));
    this.tell(momentMs);
  }

  /** Says which moment the slider stands at. */
  private tell(momentMs: number | undefined): void {
    const { speech, slider } = this;
    const text = momentMs === undefined ? this.say("live") : speech.date(momentMs);
    slider.setAttribute("aria-valuetext", text);
    setText(this.shown, momentMs === undefined ? "" : text);
  }

  /** Gaps and hours below the slider. */
  private draw(extent: Extent | undefined): void {
    const { scale, speech } = this;
    if (scale === undefined || extent === undefined) {
      this.marks.replaceChildren();
      this.drawn = "";
      return;
    }
    const at = (ms: number): string => `${(shareOf(scale, ms) * 100).toFixed(2)}%`;
    const look = JSON.stringify([scale, extent.spans]);
    if (look === this.drawn) return;
    this.drawn = look;
    const gaps = gapsOf(scale, extent).map(({ fromMs, toMs }) => {
      const gap = element("span", { class: "time-gap" });
      gap.style.left = at(fromMs);
      gap.style.width = `${((shareOf(scale, toMs) - shareOf(scale, fromMs)) * 100).toFixed(2)}%`;
      return gap;
    });
    const hours = marksOf(scale).map((ms) => {
      const { day, time } = wallTime(ms);
      const midnight = time === "00:00";
      const text = midnight
        ? `${Number(day.slice(8))}.${Number(day.slice(5, 7))}.`
        : speech.minute(ms);
      const mark = element("span", { class: midnight ? "time-mark day" : "time-mark" }, text);
      mark.style.left = at(ms);
      return mark;
    });
    this.marks.replaceChildren(...gaps, ...hours);
  }

  private fillField(ms: number): void {
    if (this.field.contains(document.activeElement)) return;
    const { day, time } = wallTime(ms);
    if (this.day.value !== day) this.day.value = day;
    if (this.time.value !== time) this.time.value = time;
  }

  private drag(): void {
    if (this.scale === undefined) return;
    this.moved = Number(this.slider.value);
    this.tell(this.momentOf(this.moved));
  }

  private momentOf(position: number): number | undefined {
    const { scale, state } = this;
    if (scale === undefined || state === undefined) return undefined;
    return momentAt(scale, position) ?? (state.foreign ? state.endMs : undefined);
  }

  private rest(): void {
    window.clearTimeout(this.resting);
    this.resting = window.setTimeout(() => {
      const position = this.moved;
      this.moved = undefined;
      if (position === undefined) return;
      const momentMs = this.momentOf(position);
      if (momentMs === undefined) this.actions.end();
      else this.goTo(momentMs);
    }, REST_MS);
  }

  private step(byMs: number): void {
    if (this.state?.endMs === undefined) return;
    const { momentMs, endMs, foreign } = this.state;
    const toMs = (momentMs ?? endMs) + byMs;
    if (toMs >= endMs && !foreign) this.actions.end();
    else this.goTo(toMs);
  }

  /** What is not archived is not gone to, but what is nearest. */
  private goTo(wantedMs: number): void {
    const extent = this.state?.extent;
    if (extent === undefined) return;
    const atMs = nearest(extent, wantedMs);
    // Within the step of the slider nobody was led elsewhere.
    if (Math.abs(atMs - wantedMs) > 60_000) {
      this.actions.remark(this.say("before", { moment: this.speech.date(atMs) }));
    }
    this.actions.goTo(atMs);
  }

  private showSpeed(speed: Speed): void {
    const { speed: select } = this;
    // Written only when it is another one: the reader may be about to choose.
    if (speed === this.speedShown) return;
    this.speedShown = speed;
    const value = String(speed);
    // Somebody else's replay may have a speed that is not offered here.
    if (![...select.options].some((option) => option.value === value)) {
      select.append(element("option", { value }, this.say("times", { n: value })));
    }
    select.value = value;
  }

  private toggle(): void {
    if (this.playing.dataset["plays"] === "true") this.actions.pause();
    else this.actions.play();
  }

  private speedChoice(): HTMLSelectElement {
    const { say, speech } = this;
    const select = element("select", { class: "time-speed", "aria-label": say("speed") });
    for (const speed of SPEEDS) {
      const text = speed === "max" ? say("max") : say("times", { n: speech.number(speed) });
      select.append(element("option", { value: String(speed) }, text));
    }
    select.addEventListener("change", () => {
      const speed = SPEEDS.find((one) => String(one) === select.value);
      if (speed === undefined) return;
      this.speedShown = speed;
      this.actions.setSpeed(speed);
    });
    return select;
  }

  private momentField(): HTMLFormElement {
    const { say, day, time } = this;
    day.setAttribute("aria-label", say("day"));
    time.setAttribute("aria-label", say("time"));
    time.dataset["testid"] = "time-of-day";
    const go = button({ type: "submit" }, say("go"), () => undefined);
    const attributes = { class: "time-field", id: "time-field", novalidate: "" };
    const form = element("form", attributes, day, time, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const atMs = momentOf({ day: day.value, time: time.value });
      time.setAttribute("aria-invalid", String(atMs === undefined));
      if (atMs === undefined) {
        this.actions.remark(say("not_a_time"));
        time.focus();
      } else this.goTo(atMs);
    });
    return form;
  }

  private comparisonChoice(): HTMLElement {
    const { say } = this;
    const group = element("fieldset", { class: "time-compare", id: "time-compare" });
    group.append(element("legend", {}, say("compare")));
    for (const kind of COMPARISONS) {
      const input = element("input", { type: "radio", name: "comparison", value: kind });
      input.addEventListener("change", () => this.actions.compare(kind));
      group.append(element("label", { "data-testid": `compare-${kind}` }, input, say(kind)));
    }
    return group;
  }
}
