/**
 * A curve on the page: the drawing with its key, a line that reads out one moment, and the same as a
 * table. The only chart of the project. The drawing itself is loaded when the first one is seen.
 */

import { element, setText } from "../dom";
import type { Say, Speech } from "../i18n";
import type { Plot } from "./plot";
import type { CurveRow } from "./points";
import { withGaps } from "./points";
import { TEXTS } from "./texts";
import { curveTable, curveText, momentText } from "./words";

/** What the numbers are, how they are written, and which time is shown. */
export interface Frame {
  /** What is drawn, such as "Speed". */
  readonly what: string;
  readonly unit: string;
  /** How many of the rows' own unit make one of the written one. */
  readonly one: number;
  /** Whether the axis begins at zero; a sound level has none. */
  readonly zero: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  /** Rows farther apart than a step and a half are not joined. */
  readonly stepMs: number;
  number(value: number): string;
  time(timeMs: number): string;
}

/** Loads the drawing; the second time it is there. */
function loadPlot(): Promise<typeof import("./plot")> {
  return import("./plot");
}

export class CurveChart {
  readonly node = element("figure", { class: "curve" });
  private readonly say: Say<keyof (typeof TEXTS)["en"]>;
  private readonly title = element("h4");
  private readonly image = element("div", { class: "curve-image", role: "img", tabindex: "0" });
  private readonly said = element("p", { class: "curve-said", "aria-live": "off" });
  private readonly empty = element("p", { class: "quiet" });
  private readonly key = element("ul", { class: "curve-key" });
  private readonly fold = element("details", { class: "fold" });
  private readonly table = element("div", { class: "curve-rows", role: "region", tabindex: "0" });
  private plot: Plot | undefined;
  private loading = false;
  private widthPx = 0;
  private rows: readonly CurveRow[] = [];
  private frame: Frame | undefined;
  /** The moment that the keys are at. */
  private atMs: number | undefined;
  private keyed = "";

  /** @param testId names it for browser tests */
  constructor(
    private readonly speech: Speech,
    testId: string,
  ) {
    this.say = speech.of(TEXTS);
    this.image.dataset["testid"] = testId;
    setText(this.empty, this.say("empty"));
    this.fold.append(element("summary", {}, this.say("table")), this.table);
    this.fold.addEventListener("toggle", () => this.write());
    this.node.append(this.title, this.image, this.empty, this.said, this.key, this.fold);
    this.image.addEventListener("keydown", (event) => this.press(event));
    // Only who steps through the moments hears each of them.
    this.image.addEventListener("focus", () => this.said.setAttribute("aria-live", "polite"));
    this.image.addEventListener("blur", () => {
      this.said.setAttribute("aria-live", "off");
      this.plot?.mark(undefined);
      this.point(undefined);
    });
    // Watches from when it is on the page until it is taken off.
    new ResizeObserver(([entry]) => this.resized(entry?.contentRect.width ?? 0)).observe(
      this.image,
    );
  }

  update(rows: readonly CurveRow[], frame: Frame): void {
    this.rows = rows;
    this.frame = frame;
    setText(this.title, `${frame.what}, ${frame.unit}`);
    const isEmpty = !rows.some(({ value }) => value !== undefined);
    this.empty.hidden = !isEmpty;
    this.image.hidden = this.fold.hidden = this.key.hidden = isEmpty;
    this.image.setAttribute(
      "aria-label",
      `${curveText(this.speech, rows, frame)} ${this.say("keys")}`,
    );
    this.writeKey();
    this.write();
    if (isEmpty) setText(this.said, "");
    else if (this.plot !== undefined) this.plot.update(rows, frame);
    else void this.draw();
    if (!isEmpty && this.atMs === undefined) this.readOut(undefined);
  }

  /** Without a width nobody sees it: then there is no drawing, and nothing that listens. */
  private resized(widthPx: number): void {
    this.widthPx = Math.floor(widthPx);
    if (this.widthPx === 0) {
      this.plot?.close();
      this.plot = undefined;
    } else if (this.plot !== undefined) this.plot.resize(this.widthPx);
    else void this.draw();
  }

  private async draw(): Promise<void> {
    if (this.loading || this.frame === undefined || this.widthPx === 0) return;
    this.loading = true;
    try {
      const { Plot } = await loadPlot();
      if (this.plot === undefined && this.widthPx > 0) {
        this.plot = new Plot(this.image, this.widthPx, this.rows, this.frame, {
          pointed: (timeMs) => this.point(timeMs),
        });
      }
    } catch {
      setText(this.empty, this.say("failed"));
      this.empty.hidden = false;
    } finally {
      this.loading = false;
    }
  }

  /** What the lines are: each with a sample of it. */
  private writeKey(): void {
    const { rows, frame } = this;
    const shown = [
      ["value", frame?.what ?? ""],
      rows.some(({ value }) => value && value.low !== value.high) && ["band", this.say("band")],
      rows.some(({ usual }) => usual !== undefined) && ["usual", this.say("usual")],
      rows.some(({ free }) => free !== undefined) && ["free", this.say("free")],
      this.hasGaps && ["gap", this.say("gaps")],
    ].filter((one) => one !== false) as [string, string][];
    const look = JSON.stringify(shown);
    if (look === this.keyed) return;
    this.keyed = look;
    const items = shown.map(([line, text]) => {
      const sample = element("span", { class: "curve-sample", "data-line": line });
      return element("li", {}, line === "gap" ? undefined : sample, text);
    });
    this.key.replaceChildren(...items);
  }

  private get hasGaps(): boolean {
    const { rows, frame } = this;
    return (
      frame !== undefined && withGaps(rows, frame.stepMs).some((row) => row.value === undefined)
    );
  }

  private write(): void {
    if (!this.fold.open || this.frame === undefined) return;
    const { frame } = this;
    this.table.setAttribute("aria-label", `${frame.what}: ${this.say("table")}`);
    const top = this.table.scrollTop;
    this.table.replaceChildren(curveTable(this.speech, this.rows, frame));
    this.table.scrollTop = top;
  }

  private press(event: KeyboardEvent): void {
    const { rows } = this;
    const at = rows.findIndex(({ timeMs }) => timeMs === this.atMs);
    const last = rows.length - 1;
    const steps: Record<string, number> = {
      ArrowLeft: at < 0 ? last : Math.max(0, at - 1),
      ArrowRight: at < 0 ? 0 : Math.min(last, at + 1),
      Home: 0,
      End: last,
    };
    const next = steps[event.key];
    if (next === undefined || rows.length === 0) return;
    event.preventDefault();
    const timeMs = rows[next]?.timeMs;
    this.plot?.mark(timeMs);
    this.point(timeMs);
  }

  private point(timeMs: number | undefined): void {
    this.atMs = timeMs;
    this.readOut(this.rows.find((row) => row.timeMs === timeMs));
  }

  /** Reads out a moment; without one, the newest. */
  private readOut(row: CurveRow | undefined): void {
    const { frame } = this;
    const shown = row ?? this.rows.findLast(({ value }) => value !== undefined);
    if (frame === undefined || shown === undefined) return;
    setText(this.said, momentText(this.speech, shown, frame));
  }
}
