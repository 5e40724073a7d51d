/** The time line of an area's measure, as a curve of what this page has seen. */

import { CurveChart } from "../../curves/chart";
import { MINUTE_MS } from "../../curves/time";
import type { Moment } from "../../emission/timeline";
import type { Speech } from "../../i18n";

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
  readonly node: HTMLElement;
  private readonly curve: CurveChart;

  constructor(private readonly speech: Speech) {
    this.curve = new CurveChart(speech, "time-line");
    this.node = this.curve.node;
  }

  update(moments: readonly Moment[], axis: Axis): void {
    const { speech } = this;
    const rows = moments.map(({ timeMs, value, low, high }) => ({
      timeMs,
      value: { value, low, high },
    }));
    this.curve.update(rows, {
      ...axis,
      fromMs: moments[0]?.timeMs ?? 0,
      toMs: moments.at(-1)?.timeMs ?? 0,
      stepMs: MINUTE_MS,
      number: (value) => speech.digits(value),
      time: (timeMs) => speech.minute(timeMs),
    });
  }
}
