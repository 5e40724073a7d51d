/** A curve in words and as a table, for who does not see it. */

import { element } from "../dom";
import type { Say, Speech } from "../i18n";
import type { Frame } from "./chart";
import type { CurveRow } from "./points";
import { TEXTS } from "./texts";
import { MINUTE_MS } from "./time";

const UNKNOWN = "–";
/** Of each stretch of so long the table has the newest row. */
const TABLE_STEP_MS = 5 * MINUTE_MS;

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** A row whose value is known. */
type Seen = CurveRow & { readonly value: NonNullable<CurveRow["value"]> };

function isSeen(row: CurveRow): row is Seen {
  return row.value !== undefined;
}

/** The whole curve in one sentence. */
export function curveText(speech: Speech, rows: readonly CurveRow[], frame: Frame): string {
  const say: Words = speech.of(TEXTS);
  const seen = rows.filter(isSeen);
  const newest = seen.at(-1);
  const [first] = seen;
  if (newest === undefined || first === undefined) return `${frame.what}: ${say("empty")}`;
  const lowest = seen.reduce((a, b) => (b.value.value < a.value.value ? b : a));
  const highest = seen.reduce((a, b) => (b.value.value > a.value.value ? b : a));
  const number = ({ value }: Seen): string => frame.number(value.value / frame.one);
  return say("said", {
    what: frame.what,
    unit: frame.unit,
    from: frame.time(first.timeMs),
    to: frame.time(newest.timeMs),
    lowest: number(lowest),
    lowest_at: frame.time(lowest.timeMs),
    highest: number(highest),
    highest_at: frame.time(highest.timeMs),
    newest: number(newest),
    newest_at: frame.time(newest.timeMs),
  });
}

/** One moment: "17:35: 34 km/h (28–40), usual 43, free flow 50". */
export function momentText(speech: Speech, row: CurveRow, frame: Frame): string {
  const say: Words = speech.of(TEXTS);
  const write = (number: number): string => frame.number(number / frame.one);
  const time = frame.time(row.timeMs);
  const { value, usual, free } = row;
  const beside = [
    usual === undefined ? undefined : say("point_usual", { value: write(usual) }),
    free === undefined ? undefined : say("point_free", { value: write(free) }),
  ];
  const amount = value && `${write(value.value)}\u00a0${frame.unit}`;
  const main =
    value === undefined || amount === undefined
      ? say("point", { time, value: say("unknown") })
      : value.low === value.high
        ? say("point", { time, value: amount })
        : say("point_interval", {
            time,
            value: amount,
            low: write(value.low),
            high: write(value.high),
          });
  return [main, ...beside.filter((text) => text !== undefined)].join(", ");
}

/** The newest row of each five minutes, newest first. */
export function tableRows(rows: readonly CurveRow[]): CurveRow[] {
  const byStep = new Map(rows.map((row) => [Math.ceil(row.timeMs / TABLE_STEP_MS), row]));
  return [...byStep.values()].reverse();
}

export function curveTable(speech: Speech, rows: readonly CurveRow[], frame: Frame): HTMLElement {
  const say: Words = speech.of(TEXTS);
  const has = {
    interval: rows.some(({ value }) => value !== undefined && value.low !== value.high),
    usual: rows.some(({ usual }) => usual !== undefined),
    free: rows.some(({ free }) => free !== undefined),
  };
  const write = (number: number | undefined): string =>
    number === undefined ? UNKNOWN : frame.number(number / frame.one);
  const columns = [
    { head: say("value"), text: ({ value }: CurveRow) => write(value?.value) },
    has.interval && {
      head: say("interval"),
      text: ({ value }: CurveRow) =>
        value === undefined ? UNKNOWN : `${write(value.low)}–${write(value.high)}`,
    },
    has.usual && { head: say("head_usual"), text: ({ usual }: CurveRow) => write(usual) },
    has.free && { head: say("head_free"), text: ({ free }: CurveRow) => write(free) },
  ].filter((column) => column !== false);
  const heads = [say("time"), ...columns.map(({ head }) => head)].map((text) =>
    element("th", { scope: "col" }, text),
  );
  const lines = tableRows(rows).map((row) => {
    const cells = columns.map(({ text }) => element("td", { class: "number" }, text(row)));
    return element("tr", {}, element("th", { scope: "row" }, frame.time(row.timeMs)), ...cells);
  });
  const caption = say("table_of", { what: frame.what, unit: frame.unit });
  return element(
    "table",
    { class: "curve-table" },
    element("caption", { class: "quiet" }, caption),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...lines),
  );
}
