/** The columns of the table: what each indicator is, how it is said, and how it is ordered. Pure. */

import type { Coverage } from "tilanne-client";
import { amount, estimated, range, surplus } from "../../emission/amounts";
import { excessOf } from "../../emission/measures";
import type { FeedLabels } from "../../feed_labels";
import type { Say, Speech } from "../../i18n";
import { coverageText } from "../areas";
import type { CityFigures, Missing } from "./figures";
import type { TextKey } from "./texts";

export const INDICATORS = [
  "speed",
  "lost",
  "queues",
  "traffic",
  "co2",
  "excess",
  "cover",
  "messages",
  "feeds",
  "fresh",
  "state",
] as const;
export type IndicatorName = (typeof INDICATORS)[number];

/** What words are made with. */
export interface Wording {
  readonly speech: Speech;
  readonly say: Say<TextKey>;
  readonly labels: FeedLabels;
  readonly nowMs: number;
}

/** What a cell says of an indicator that is known. */
export interface Cell {
  readonly main: string;
  readonly more: string;
  /** Of when it is, and what it rests on. */
  readonly basis: string;
  /** Amount of the bar, on the scale of its column. */
  readonly bar?: number;
  readonly coverage?: Coverage;
}

/** A cell, or why it is not known. */
export type Said = Cell | { readonly missing: Missing };

export interface Indicator {
  /** What it is ordered by; `undefined` is always last. */
  order(figures: CityFigures): number | undefined;
  /** Which end is worse, and comes first when it is first sorted by. */
  readonly worst: "highest" | "lowest";
  /** End of the scale of its bars, where that does not follow from the cities. */
  readonly top?: number;
  say(wording: Wording, figures: CityFigures): Said;
}

/** Worst first. */
const STATES = ["lost", "silent", "refused", "connecting", "live"];

function atText({ speech, say, nowMs }: Wording, timeMs: number): string {
  return say("at", { time: speech.time(timeMs), age: speech.span(nowMs - timeMs) });
}

/** Of when the area's figures are. */
function areaBasis(wording: Wording, { area }: CityFigures): string {
  const timeMs = area?.event_time_ms ?? 0;
  return timeMs > 0 ? atText(wording, timeMs) : "";
}

function heardBasis(wording: Wording, { heardMs }: CityFigures): string {
  return heardMs === undefined ? "" : atText(wording, heardMs);
}

function percent({ speech }: Wording, share: number): string {
  return speech.quantity("percent", share * 100);
}

function spaced(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function emissionBasis(wording: Wording, { emission }: CityFigures): string {
  if (emission === undefined) return "";
  const { speech, say, nowMs } = wording;
  const { duration_s, end_time_ms, known } = emission;
  return say("window", {
    duration: speech.span(duration_s * 1_000),
    time: speech.time(end_time_ms),
    age: speech.span(nowMs - end_time_ms),
    known: percent(wording, known),
  });
}

const ALL: Readonly<Record<IndicatorName, Indicator>> = {
  speed: {
    worst: "lowest",
    top: 1,
    order: ({ share }) => share,
    say(wording, figures) {
      const { area, share, missing } = figures;
      const { speech, say } = wording;
      const { speed_km_h: speed, free_flow_speed_km_h: free } = area ?? {};
      if (typeof speed !== "number") return { missing: missing.speed };
      const main = speech.quantity("km_h", speed);
      const basis = areaBasis(wording, figures);
      if (share === undefined || typeof free !== "number") return { main, more: "", basis };
      const of = { share: percent(wording, share), free: speech.quantity("km_h", free) };
      return { main, more: say("share", of), basis, bar: share };
    },
  },
  lost: {
    worst: "highest",
    order: ({ lost_veh_h_h }) => lost_veh_h_h,
    say(wording, figures) {
      const lost = figures.lost_veh_h_h;
      if (lost === undefined) return { missing: figures.missing.traffic };
      const n = wording.speech.decimal(lost);
      const main = spaced(wording.speech.say("unit.veh_h_h", { n }));
      return { main, more: "", basis: areaBasis(wording, figures), bar: lost };
    },
  },
  queues: {
    worst: "highest",
    order: ({ queues }) => queues?.km,
    say(wording, figures) {
      const { queues, missing } = figures;
      const { speech, say } = wording;
      if (queues === undefined) return { missing: missing.queues };
      const count = speech.number(queues.count);
      const length = speech.length(queues.standing_km * 1_000);
      return {
        main: spaced(speech.say("unit.km", { n: speech.decimal(queues.km) })),
        more: say("queue_count", { count, irregular: speech.number(queues.irregular) }),
        basis: `${say("standing", { length })}. ${areaBasis(wording, figures)}`,
        bar: queues.km,
      };
    },
  },
  traffic: {
    worst: "highest",
    order: ({ traffic_veh_km_h }) => traffic_veh_km_h,
    say(wording, figures) {
      const traffic = figures.traffic_veh_km_h;
      if (traffic === undefined) return { missing: figures.missing.traffic };
      const n = wording.speech.number(traffic);
      const main = spaced(wording.speech.say("unit.veh_km_h", { n }));
      return { main, more: "", basis: areaBasis(wording, figures), bar: traffic };
    },
  },
  co2: {
    worst: "highest",
    order: ({ emission }) => emission?.co2_g_km_h?.value,
    say(wording, figures) {
      const { emission, missing } = figures;
      const each = emission?.co2_g_km_h;
      if (emission === undefined || each === undefined) return { missing: missing.emission };
      const { speech, say } = wording;
      const all = estimated(speech, "mass", emission.co2_g_h, "h");
      return {
        main: amount(speech, "mass", each.value, "km_h"),
        more: `${range(speech, "mass", each)}\n${say("in_all", { amount: all })}`,
        basis: emissionBasis(wording, figures),
        bar: each.value,
      };
    },
  },
  excess: {
    worst: "highest",
    order: ({ emission }) => emission?.co2_g_h.excess,
    say(wording, figures) {
      const { emission, missing } = figures;
      if (emission === undefined) return { missing: missing.emission };
      const { speech, say } = wording;
      const { value, excess } = emission.co2_g_h;
      const of = excessOf(emission.co2_g_h);
      const [main, ends] = surplus(speech, "mass", of, "h");
      const share = value > 0 ? say("of_all", { share: percent(wording, excess / value) }) : "";
      return {
        main,
        more: `${ends}\n${excess < 0 ? say("less") : share}`,
        basis: emissionBasis(wording, figures),
        bar: Math.max(0, excess),
      };
    },
  },
  cover: {
    worst: "lowest",
    order: ({ seen }) => seen,
    say(wording, figures) {
      const { area, seen, missing } = figures;
      if (area === undefined || seen === undefined) return { missing: missing.area };
      return {
        main: wording.say("seen", { share: percent(wording, seen) }),
        more: "",
        basis: `${coverageText(wording.speech, area.coverage)}. ${areaBasis(wording, figures)}`,
        coverage: area.coverage,
      };
    },
  },
  messages: {
    worst: "highest",
    order: ({ messages }) => messages && messages.contradicted * 10_000 + messages.count,
    say(wording, figures) {
      const { messages, missing } = figures;
      if (messages === undefined) return { missing: missing.messages };
      const { speech, say } = wording;
      const { count, contradicted, regional } = messages;
      const against = say("contradicted", { count: speech.number(contradicted) });
      const whole = say("regional", { count: speech.number(regional) });
      const basis = heardBasis(wording, figures);
      return {
        main: speech.number(count),
        more: contradicted > 0 ? against : "",
        basis: regional > 0 ? `${whole}. ${basis}` : basis,
      };
    },
  },
  feeds: {
    worst: "lowest",
    order: ({ feeds }) => feeds && feeds.live / feeds.all,
    say(wording, figures) {
      const { feeds, missing } = figures;
      if (feeds === undefined) return { missing: missing.feeds };
      const { speech, say, labels } = wording;
      const others = feeds.others.map(([id, state]) => {
        const feed = labels.get(id)?.title ?? id;
        return say("feed_state", { feed, state: speech.word("feed", state) });
      });
      const list = others.join(", ");
      const more = others.length > 0 ? say("not_live", { list }) : "";
      const of = { live: speech.number(feeds.live), all: speech.number(feeds.all) };
      const basis = heardBasis(wording, figures);
      return {
        main: say("of", of),
        more,
        basis: more === "" ? `${say("all_live")}. ${basis}` : basis,
      };
    },
  },
  fresh: {
    worst: "highest",
    // The earlier it was, the older it is at the same moment.
    order: ({ heard }) => heard && -heard.newestMs,
    say({ speech, say, labels, nowMs }, { heard, missing }) {
      if (heard === undefined) return { missing: missing.messages };
      const { newestMs, oldestMs, oldest } = heard;
      const age = (ms: number): string => speech.span(Math.max(0, nowMs - ms));
      const feed = labels.get(oldest.id)?.title ?? oldest.id;
      return {
        main: say("ago", { age: age(newestMs) }),
        more: say("slowest", { age: age(oldestMs) }),
        basis: say("oldest", { feed, time: speech.time(oldestMs) }),
      };
    },
  },
  state: {
    worst: "lowest",
    order: ({ state }) => STATES.indexOf(state),
    say(wording, figures) {
      const main = wording.say(`state.${figures.state}`);
      return { main, more: "", basis: heardBasis(wording, figures) };
    },
  },
};

export function indicator(name: IndicatorName): Indicator {
  return ALL[name];
}

/** By what the rows are ordered. */
export interface Order {
  readonly by: IndicatorName | "city";
  /** Whether that is the other way round than at first. */
  readonly reversed: boolean;
}

/** Whether values grow down the column. */
export function isAscending({ by, reversed }: Order): boolean {
  const first = by === "city" || ALL[by].worst === "lowest";
  return first !== reversed;
}

/** Rows in order; what is not known is last in either direction, and equals are by name. */
export function ordered(rows: readonly CityFigures[], order: Order, locale: string): CityFigures[] {
  const collator = new Intl.Collator(locale, { numeric: true });
  const sign = isAscending(order) ? 1 : -1;
  const byName = (a: CityFigures, b: CityFigures): number =>
    collator.compare(a.city.name, b.city.name) || (a.city.id < b.city.id ? -1 : 1);
  if (order.by === "city") return [...rows].sort((a, b) => sign * byName(a, b));
  const { order: value } = ALL[order.by];
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (x === undefined || y === undefined) {
      return Number(x === undefined) - Number(y === undefined) || byName(a, b);
    }
    return sign * (x - y) || byName(a, b);
  });
}
