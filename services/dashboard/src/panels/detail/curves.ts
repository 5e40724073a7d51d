/** Today's curves of a street or an area in its card. */

import type { Frame } from "../../curves/chart";
import { CurveChart } from "../../curves/chart";
import type { CurveObject } from "../../curves/archive";
import { STEP_MS } from "../../curves/archive";
import type { Point, Quantity } from "../../curves/points";
import { rowsOf } from "../../curves/points";
import type { Curve, CurveState } from "../../curves/store";
import { Curves } from "../../curves/store";
import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import type { PanelContext } from "../panel";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** HTTP's Service Unavailable and Too Many Requests: the server is busy, not broken. */
const BUSY: readonly number[] = [429, 503];

/** What is drawn of which object. */
interface Drawn {
  readonly object: CurveObject;
  readonly quantity: Exclude<Quantity, "usual" | "free">;
}

/** The curves of what is selected, in the order of the card. */
export function drawnOf({ selection, picture }: PanelContext): Drawn[] {
  const { region } = picture;
  if (selection === undefined || region === undefined) return [];
  const { id } = selection;
  if (selection.layer === "links") {
    const object: CurveObject = { region, layer: "links", id };
    return [
      { object, quantity: "speed" },
      { object, quantity: "flow" },
    ];
  }
  if (selection.layer !== "areas") return [];
  const area: CurveObject = { region, layer: "areas", id };
  return [
    { object: area, quantity: "speed" },
    { object: area, quantity: "delay" },
    { object: { region, layer: "area_emissions", id }, quantity: "co2" },
  ];
}

/** What is worth knowing of where a curve comes from, and what can be done about it. */
export function stateText(
  speech: Speech,
  state: CurveState,
  firstMs: number | undefined,
): { text: string; more: "earlier" | "again" | undefined } {
  const say: Words = speech.of(TEXTS);
  const time = firstMs === undefined ? undefined : speech.minute(firstMs);
  switch (state.kind) {
    case "asking":
      return { text: say("asking"), more: undefined };
    case "complete":
      return {
        text: time === undefined ? say("nothing") : say("since", { time }),
        more: undefined,
      };
    case "begins":
      return {
        text: time === undefined ? say("nothing") : say("begins", { time }),
        more: undefined,
      };
    case "paused":
      return time === undefined
        ? { text: say("paused_first"), more: "again" }
        : { text: say("paused", { time }), more: "earlier" };
    case "refused":
      return { text: say(BUSY.includes(state.status) ? "busy" : "refused"), more: "again" };
  }
}

/** In which unit the numbers of a quantity are written. */
function unitOf(
  speech: Speech,
  quantity: Drawn["quantity"],
  points: readonly Point[],
): {
  unit: string;
  one: number;
} {
  const bare = (text: string): string => text.trim();
  if (quantity === "speed") return { unit: bare(speech.say("unit.km_h", { n: "" })), one: 1 };
  if (quantity === "flow") return { unit: bare(speech.say("unit.veh_h", { n: "" })), one: 1 };
  if (quantity === "delay") return { unit: bare(speech.say("unit.veh_h_h", { n: "" })), one: 1 };
  const largest = points.reduce((most, { of }) => Math.max(most, of.co2?.value ?? 0), 0);
  const [name, one] = largest >= 1e6 ? (["t", 1e6] as const) : (["kg", 1e3] as const);
  const amount = bare(speech.say(`unit.${name}`, { n: "" }));
  return { unit: speech.say("per.h", { amount }), one };
}

export class CurveSection {
  readonly node = element("section", { class: "card-curves", "data-testid": "curves" });
  private readonly state = element("p", { class: "quiet", role: "status" });
  private readonly more: HTMLButtonElement;
  private readonly list = element("div");
  private charts: { drawn: Drawn; chart: CurveChart }[] = [];
  private store: Curves | undefined;
  private shown = "";
  private painted = "";

  constructor(private readonly context: () => PanelContext) {
    const say: Words = context().speech.of(TEXTS);
    this.more = button({ class: "curve-more" }, "", () => this.askOn());
    this.node.append(element("h3", {}, say("today")), this.state, this.more, this.list);
  }

  update(): void {
    const { source, nowMs } = this.context();
    const drawn = drawnOf(this.context());
    this.node.hidden = drawn.length === 0;
    const store = Curves.of(source);
    if (store !== this.store) this.store?.close();
    this.store = store;
    if (drawn.length === 0 || nowMs === undefined) {
      store.close();
      return;
    }
    this.show(drawn);
    store.open(objectsOf(drawn), nowMs);
    for (const object of objectsOf(drawn)) {
      const seen = this.context().picture.layer(object.layer).get(object.id);
      if (seen !== undefined) store.observe(object, seen, nowMs);
    }
    this.paint(nowMs);
  }

  /** Builds the charts of another object. */
  private show(drawn: readonly Drawn[]): void {
    const shown = JSON.stringify(drawn);
    if (shown === this.shown) return;
    this.shown = shown;
    this.painted = "";
    const { speech } = this.context();
    const testId = ({ quantity }: Drawn): string => `curve-${quantity}`;
    this.charts = drawn.map((one) => ({
      drawn: one,
      chart: new CurveChart(speech, testId(one)),
    }));
    this.list.replaceChildren(...this.charts.map(({ chart }) => chart.node));
  }

  private paint(nowMs: number): void {
    const curves = this.charts.map(({ drawn }) => this.store?.curve(drawn.object, nowMs));
    const minute = Math.floor(nowMs / 60_000);
    const look = `${minute} ${curves.map((curve) => curve?.revision ?? 0).join(" ")}`;
    if (look === this.painted) return;
    this.painted = look;
    const points = curves.flatMap((curve) => curve?.points ?? []);
    const firstMs = points.reduce((first, { timeMs }) => Math.min(first, timeMs), nowMs);
    for (const [index, { drawn, chart }] of this.charts.entries()) {
      const own = upTo(curves[index]?.points ?? [], nowMs);
      const rows = rowsOf(own, drawn.quantity, drawn.quantity === "speed");
      chart.update(rows, this.frame(drawn.quantity, own, firstMs, nowMs));
    }
    this.writeState(curves);
  }

  private frame(
    quantity: Drawn["quantity"],
    points: readonly Point[],
    fromMs: number,
    toMs: number,
  ): Frame {
    const { speech } = this.context();
    return {
      what: speech.of(TEXTS)(quantity),
      ...unitOf(speech, quantity, points),
      zero: true,
      fromMs,
      toMs,
      stepMs: STEP_MS,
      number: (value) => speech.digits(value),
      time: (timeMs) => speech.minute(timeMs),
    };
  }

  /** Where the curves come from: what is worst of them. */
  private writeState(curves: readonly (Curve | undefined)[]): void {
    const { speech } = this.context();
    const order = ["asking", "refused", "paused", "begins", "complete"] as const;
    const known = curves.filter((curve) => curve !== undefined);
    const worst = order
      .map((kind) => known.find(({ state }) => state.kind === kind))
      .find((curve) => curve !== undefined);
    const state = worst?.state ?? { kind: "asking" };
    const { text, more } = stateText(speech, state, worst?.points[0]?.timeMs);
    setText(this.state, text);
    this.more.hidden = more === undefined;
    if (more !== undefined) setText(this.more, speech.of(TEXTS)(more));
  }

  private askOn(): void {
    const { nowMs } = this.context();
    if (nowMs !== undefined) this.store?.ask(objectsOf(drawnOf(this.context())), nowMs);
    this.update();
  }
}

/** Without what came later: a moment of the past is looked at as it was. */
function upTo(points: readonly Point[], nowMs: number): Point[] {
  return points.filter(({ timeMs }) => timeMs <= nowMs);
}

/** The objects of some curves, each once. */
function objectsOf(drawn: readonly Drawn[]): CurveObject[] {
  const byKey = new Map(drawn.map(({ object }) => [`${object.layer} ${object.id}`, object]));
  return [...byKey.values()];
}
