/** A time line as an inline drawing: a line with the band of its interval, and gaps as gaps. */

import { element, setText } from "../../dom";
import type { Moment } from "../../emission/timeline";
import type { Speech } from "../../i18n";
import { rangeOf, runs, timeTicks } from "./axis";

const NAMESPACE = "http://www.w3.org/2000/svg";
/** Units of the drawing; it is as wide as its panel. */
const WIDTH = 320;
const HEIGHT = 120;
const LEFT = 38;
const RIGHT = 6;
const TOP = 8;
const BOTTOM = 18;
/** A time line of less than this would only be a dot at the edge. */
const SHORTEST_MS = 10 * 60_000;

function draw(name: string, attributes: Record<string, string>, text = ""): SVGElement {
  const node = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return node;
}

/** What the numbers are and how they are written. */
export interface Axis {
  /** What is drawn, such as "CO2". */
  what: string;
  unit: string;
  /** Of the drawn numbers' own unit. */
  one: number;
  /** Whether it begins at zero; a sound level has none. */
  zero: boolean;
}

export class Chart {
  readonly node = element("figure", { class: "time-line" });
  private readonly image = document.createElementNS(NAMESPACE, "svg");
  private readonly said = element("figcaption", { class: "quiet" });
  private readonly empty = element("p", { class: "quiet" });
  private moments: readonly Moment[] = [];
  private axis: Axis = { what: "", unit: "", one: 1, zero: true };

  constructor(private readonly speech: Speech) {
    this.image.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    this.image.setAttribute("role", "img");
    this.image.setAttribute("data-testid", "time-line");
    setText(this.empty, speech.say("emission.line_empty"));
    this.node.append(this.image, this.empty, this.said);
    this.image.addEventListener("pointermove", (event) => this.point(event));
    this.image.addEventListener("pointerleave", () => this.rest());
  }

  update(moments: readonly Moment[], axis: Axis): void {
    this.moments = moments;
    this.axis = axis;
    const [first] = moments;
    const last = moments.at(-1);
    this.empty.hidden = first !== undefined;
    this.image.classList.toggle("gone", first === undefined);
    if (first === undefined || last === undefined) {
      this.image.replaceChildren();
      setText(this.said, "");
      return;
    }
    const values = moments.map(({ value }) => value / axis.one);
    const { speech } = this;
    const said = speech.say("emission.line_said", {
      what: axis.what,
      unit: axis.unit,
      from: speech.minute(first.timeMs),
      to: speech.minute(last.timeMs),
      lowest: speech.digits(Math.min(...values)),
      highest: speech.digits(Math.max(...values)),
      newest: speech.digits(values.at(-1) ?? 0),
    });
    this.image.setAttribute("aria-label", said);
    this.paint(first.timeMs, last.timeMs);
    this.rest();
  }

  private span(): [fromMs: number, toMs: number] {
    const toMs = this.moments.at(-1)?.timeMs ?? 0;
    return [Math.min(this.moments[0]?.timeMs ?? 0, toMs - SHORTEST_MS), toMs];
  }

  private x(timeMs: number): number {
    const [fromMs, toMs] = this.span();
    return LEFT + ((timeMs - fromMs) / (toMs - fromMs)) * (WIDTH - LEFT - RIGHT);
  }

  private paint(fromMs: number, toMs: number): void {
    const { speech, moments } = this;
    const { one, zero } = this.axis;
    const highest = Math.max(...moments.map(({ high }) => high / one));
    const lowest = Math.min(...moments.map(({ low }) => low / one));
    const [bottom, top] = rangeOf(lowest, highest, zero);
    const y = (value: number): number => {
      const share = (Math.max(bottom, value) - bottom) / (top - bottom);
      return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);
    };
    const place = ({ timeMs }: Moment, value: number): string =>
      `${this.x(timeMs).toFixed(1)},${y(value / one).toFixed(1)}`;
    const parts: SVGElement[] = [];
    for (const value of [bottom, (bottom + top) / 2, top]) {
      const at = y(value).toFixed(1);
      parts.push(
        draw("line", { class: "rule", x1: `${LEFT}`, x2: `${WIDTH - RIGHT}`, y1: at, y2: at }),
        draw(
          "text",
          { class: "tick", x: `${LEFT - 4}`, y: at, dy: "3.5", "text-anchor": "end" },
          speech.digits(value),
        ),
      );
    }
    const [startMs] = this.span();
    for (const timeMs of timeTicks(Math.min(startMs, fromMs), toMs)) {
      const at = this.x(timeMs);
      const anchor = at > WIDTH - 30 ? "end" : "middle";
      const x = anchor === "end" ? WIDTH - RIGHT : at;
      parts.push(
        draw("line", {
          class: "rule",
          x1: `${at}`,
          x2: `${at}`,
          y1: `${HEIGHT - BOTTOM}`,
          y2: `${HEIGHT - BOTTOM + 3}`,
        }),
        draw(
          "text",
          { class: "tick", x: `${x}`, y: `${HEIGHT - 5}`, "text-anchor": anchor },
          speech.minute(timeMs),
        ),
      );
    }
    for (const run of runs(moments)) {
      const upper = run.map((moment) => place(moment, moment.high));
      const lower = run.map((moment) => place(moment, moment.low)).reverse();
      const line = run.map((moment) => place(moment, moment.value));
      parts.push(draw("polygon", { class: "band", points: [...upper, ...lower].join(" ") }));
      // A lone minute is a dot: a line with one point has no length.
      const [dot = "0,0"] = line;
      const [cx = "0", cy = "0"] = dot.split(",");
      parts.push(
        run.length === 1
          ? draw("circle", { class: "dot", cx, cy, r: "2" })
          : draw("polyline", { class: "line", points: line.join(" ") }),
      );
    }
    parts.push(
      draw("line", { class: "cursor", x1: "-9", x2: "-9", y1: `${TOP}`, y2: `${HEIGHT - BOTTOM}` }),
    );
    this.image.replaceChildren(...parts);
  }

  /** Reads out the minute under the pointer. */
  private point(event: PointerEvent): void {
    const box = this.image.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * WIDTH;
    const near = this.moments.reduce<Moment | undefined>((best, moment) => {
      const nearer = Math.abs(this.x(moment.timeMs) - x) < Math.abs(this.x(best?.timeMs ?? 0) - x);
      return nearer || best === undefined ? moment : best;
    }, undefined);
    if (near === undefined) return;
    const cursor = this.image.querySelector(".cursor");
    for (const end of ["x1", "x2"]) cursor?.setAttribute(end, this.x(near.timeMs).toFixed(1));
    const { speech } = this;
    const { one, unit } = this.axis;
    const [value, low, high] = [near.value, near.low, near.high].map((n) => speech.digits(n / one));
    const interval = near.low === near.high ? "" : ` (${low ?? ""}–${high ?? ""})`;
    setText(this.said, `${speech.minute(near.timeMs)}: ${value ?? ""} ${unit}${interval}`);
  }

  private rest(): void {
    const cursor = this.image.querySelector(".cursor");
    for (const end of ["x1", "x2"]) cursor?.setAttribute(end, "-9");
    const banded = this.moments.some(({ low, high }) => low !== high);
    const unit = this.axis.unit;
    setText(this.said, banded ? `${unit}. ${this.speech.say("emission.band")}` : unit);
  }
}
