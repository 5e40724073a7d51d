/** How a speed of now compares with what is usual and with free flow. Pure. */

import type { Area, Emission, Estimate, Link } from "tilanne-client";
import { excessText } from "../../emission/facts";
import { amount, range } from "../../emission/amounts";
import { emissionWindow, measured } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { isSeen, knowledge, shownWindow } from "../../map/streets";
import { TEXTS } from "./texts";

/** What is said at the head of a card: the figure, its interval, and sentences. */
export interface Comparison {
  readonly title: string;
  /** Nothing where nothing is known. */
  readonly figure: string;
  readonly interval: string;
  readonly sentences: readonly string[];
}

/** Speeds closer than this are the same: more digits are not known. */
const SAME_KM_H = 0.5;

/** A speed against another one, in km/h and in a share of that. */
export function against(
  speech: Speech,
  speed: Estimate,
  other: { readonly name: "usual" | "free"; readonly km_h: number },
): string {
  const say = speech.of(TEXTS);
  const difference = speed.value - other.km_h;
  const values = {
    what: say(other.name),
    value: speech.quantity("km_h", other.km_h),
    difference: speech.quantity("km_h", Math.abs(difference)),
    share: speech.quantity("percent", (Math.abs(difference) / other.km_h) * 100),
  };
  if (Math.abs(difference) < SAME_KM_H) return say("same", values);
  const hasInterval = speed.low < speed.high;
  if (hasInterval && speed.low <= other.km_h && other.km_h <= speed.high) {
    return say("within", values);
  }
  return say(difference < 0 ? "slower" : "faster", values);
}

export function linkComparison(speech: Speech, link: Link, nowMs: number): Comparison {
  const say = speech.of(TEXTS);
  const title = say("now");
  const window = shownWindow(link);
  if (!isSeen(knowledge(window, nowMs))) {
    return { title, figure: "–", interval: "", sentences: [say("unseen")] };
  }
  const { speed_km_h: speed, end_time_ms, duration_s } = window;
  const { typical_speed_km_h: usual, free_flow_speed_km_h: free } = link;
  const isLearned = usual !== null && usual !== undefined && usual > 0;
  const sentences = [
    isLearned ? against(speech, speed, { name: "usual", km_h: usual }) : say("unlearned"),
    ...(free > 0 ? [against(speech, speed, { name: "free", km_h: free })] : []),
    say("age", {
      duration: speech.span(duration_s * 1_000),
      time: speech.minute(end_time_ms),
      age: speech.span(nowMs - end_time_ms),
    }),
  ];
  const ends = { low: speech.number(speed.low), high: speech.number(speed.high) };
  const interval = say("interval", ends);
  return { title, figure: speech.quantity("km_h", speed.value), interval, sentences };
}

export function areaComparison(speech: Speech, area: Area, nowMs: number): Comparison {
  const say = speech.of(TEXTS);
  const title = say("now_area");
  const { speed_km_h: speed, free_flow_speed_km_h: free, event_time_ms } = area;
  const times = { time: speech.minute(event_time_ms), age: speech.span(nowMs - event_time_ms) };
  const age = event_time_ms > 0 ? [say("age_area", times)] : [];
  if (speed === null || speed === undefined) {
    return { title, figure: "–", interval: "", sentences: [say("unseen_area"), ...age] };
  }
  const estimate = { value: speed, low: speed, high: speed };
  const compared = free ? [against(speech, estimate, { name: "free", km_h: free })] : [];
  const figure = speech.quantity("km_h", speed);
  return { title, figure, interval: "", sentences: [...compared, ...age] };
}

/** What congestion adds to CO2, beside all of it with its interval; nothing where that is unknown. */
export function excessSentences(speech: Speech, emission: Emission | undefined): string[] {
  if (emission === undefined || !(emissionWindow(emission).end_time_ms > 0)) return [];
  const say = speech.of(TEXTS);
  const co2 = measured(emissionWindow(emission).rates, "co2");
  const text = say("excess_of", {
    excess: excessText(speech, co2),
    all: amount(speech, "mass", co2.value, "h"),
    range: range(speech, "mass", co2).slice(1, -1),
  });
  return [`${text}.`];
}
