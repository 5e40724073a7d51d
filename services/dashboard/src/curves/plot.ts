/** The drawing of a curve: the one file that knows uPlot, loaded when the first curve is shown. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { rowRange } from "./axis";
import type { Frame } from "./chart";
import type { CurveRow } from "./points";
import { dotted, withGaps } from "./points";
import { ZONE } from "./time";

/** Height of the drawing, px. */
export const HEIGHT_PX = 148;
const TICK_FONT_PX = 11;
/** A digit of the axis and its sign are at most as wide, px. */
const DIGIT_PX = 6.5;
/** A time below the axis with room to the next one, px. */
const TIME_SPACE_PX = 52;
const NUMBER_SPACE_PX = 26;
const DASHED = [6, 4];
const DOTTED = [1.5, 3.5];
/** A curve of less than this would only be a dot at the edge. */
const SHORTEST_MS = 10 * 60_000;
/** Series of the drawing, in the order of its data. */
const VALUE = 1;
const LOW = 2;
const HIGH = 3;

/** A colour of the page, in the scheme that it has now. */
function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The band: the colour of its line, see-through. */
function bandColour(): string {
  return `color-mix(in srgb, ${token("--accent")} 22%, transparent)`;
}

/** A number or null for each row: what is missing is a gap. */
function column(
  rows: readonly CurveRow[],
  of: (row: CurveRow) => number | undefined,
  one: number,
): (number | null)[] {
  return rows.map((row) => {
    const number = of(row);
    return number === undefined ? null : number / one;
  });
}

function dataOf(rows: readonly CurveRow[], one: number): uPlot.AlignedData {
  return [
    rows.map(({ timeMs }) => timeMs),
    column(rows, ({ value }) => value?.value, one),
    column(rows, ({ value }) => value?.low, one),
    column(rows, ({ value }) => value?.high, one),
    column(rows, ({ usual }) => usual, one),
    column(rows, ({ free }) => free, one),
  ];
}

export interface PlotEvents {
  /** The pointer or the keys are at this moment, or at none. */
  pointed(timeMs: number | undefined): void;
}

export class Plot {
  private readonly plot: uPlot;
  /** With a row without a value in each gap. */
  private rows: readonly CurveRow[];
  private frame: Frame;
  /** What is on the canvas keeps its colours when those of the page change. */
  private readonly theme = new MutationObserver(() => this.plot.redraw());

  constructor(
    host: HTMLElement,
    widthPx: number,
    rows: readonly CurveRow[],
    frame: Frame,
    events: PlotEvents,
  ) {
    this.frame = frame;
    this.rows = withGaps(rows, frame.stepMs);
    this.plot = new uPlot(this.options(widthPx, events), dataOf(this.rows, frame.one), host);
    this.theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  update(rows: readonly CurveRow[], frame: Frame): void {
    this.frame = frame;
    this.rows = withGaps(rows, frame.stepMs);
    this.plot.setData(dataOf(this.rows, frame.one));
  }

  resize(widthPx: number): void {
    if (this.plot.width !== widthPx) this.plot.setSize({ width: widthPx, height: HEIGHT_PX });
  }

  /** Marks a moment, as the pointer would. */
  mark(timeMs: number | undefined): void {
    const left = timeMs === undefined ? -10 : this.plot.valToPos(timeMs, "x");
    this.plot.setCursor({ left, top: timeMs === undefined ? -10 : 0 });
  }

  close(): void {
    this.theme.disconnect();
    this.plot.destroy();
  }

  private get range(): [number, number] {
    const { fromMs, toMs } = this.frame;
    return [Math.min(fromMs, toMs - SHORTEST_MS), toMs];
  }

  private options(width: number, events: PlotEvents): uPlot.Options {
    const font = `${TICK_FONT_PX}px ${getComputedStyle(document.body).fontFamily}`;
    const rule: uPlot.Axis.OrthoLines = { stroke: () => token("--line"), width: 1 };
    const line = (stroke: string, more: uPlot.Series): uPlot.Series => ({
      stroke: () => token(stroke),
      points: { show: false },
      ...more,
    });
    const edge: uPlot.Series = { points: { show: false }, width: 0 };
    return {
      width,
      height: HEIGHT_PX,
      ms: 1,
      tzDate: (timeMs) => uPlot.tzDate(new Date(timeMs), ZONE),
      padding: [8, 10, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false, setScale: false },
        points: {
          // Only the value itself: the edges of its band would be two dots more.
          show: (_, series) => {
            const node = document.createElement("div");
            node.hidden = series !== VALUE;
            return node;
          },
          size: 8,
          width: 2,
          fill: () => token("--surface"),
          stroke: () => token("--accent"),
        },
      },
      scales: {
        x: { time: true, range: () => this.range },
        y: { range: () => rowRange(this.rows, this.frame.one, this.frame.zero) },
      },
      axes: [
        {
          font,
          stroke: () => token("--text-quiet"),
          grid: { show: false },
          ticks: { ...rule, size: 4 },
          space: TIME_SPACE_PX,
          size: 26,
          gap: 4,
          values: (_, splits) => splits.map((timeMs) => this.frame.time(timeMs)),
        },
        {
          font,
          stroke: () => token("--text-quiet"),
          grid: rule,
          ticks: { show: false },
          space: NUMBER_SPACE_PX,
          gap: 6,
          size: (_, values) =>
            12 + DIGIT_PX * Math.max(2, ...(values ?? []).map((text) => text?.length ?? 0)),
          values: (_, splits) => splits.map((value) => this.frame.number(value)),
        },
      ],
      series: [
        {},
        line("--accent", {
          width: 2,
          points: {
            show: true,
            size: 5,
            width: 0,
            fill: () => token("--accent"),
            filter: (plot, series) => dotted(Array.from(plot.data[series] ?? [])),
          },
        }),
        edge,
        edge,
        line("--text", { width: 1.5, dash: DASHED }),
        line("--good", { width: 1.5, dash: DOTTED, cap: "round" }),
      ],
      bands: [{ series: [HIGH, LOW], fill: bandColour }],
      hooks: {
        setCursor: [
          ({ cursor }) => {
            const { idx, left } = cursor;
            const inside = idx !== null && idx !== undefined && (left ?? -1) >= 0;
            events.pointed(inside ? this.rows[idx]?.timeMs : undefined);
          },
        ],
      },
    };
  }
}
