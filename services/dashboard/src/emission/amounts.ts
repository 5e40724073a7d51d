/** Amounts of what is emitted, in the unit that fits their size and the reader's language. Pure. */

import type { Estimate } from "tilanne-client";
import type { Speech } from "../i18n";

/** What is counted: grams, megajoules, 1e12 particles; energy an hour is shown as power. */
export type Quantity = "mass" | "energy" | "power" | "particles";
/** What it is related to. */
export type Per = "h" | "s" | "km" | "km_h" | "km2_h";

/** Units with what one of them is in the quantity's own, the largest first. */
const UNITS = {
  mass: [
    ["t", 1e6],
    ["kg", 1e3],
    ["g", 1],
    ["mg", 1e-3],
  ],
  energy: [
    ["gwh", 3.6e6],
    ["mwh", 3.6e3],
    ["kwh", 3.6],
  ],
  power: [
    ["gw", 3.6e6],
    ["mw", 3.6e3],
    ["kw", 3.6],
  ],
  particles: [["e12", 1]],
} as const satisfies Record<Quantity, readonly (readonly [string, number])[]>;

type UnitName = (typeof UNITS)[Quantity][number][0];

function unitOf(quantity: Quantity, size: number): readonly [UnitName, number] {
  const units: readonly (readonly [UnitName, number])[] = UNITS[quantity];
  const fitting = units.find(([, one]) => (size === 0 ? one === 1 : size >= one));
  return fitting ?? units.at(-1) ?? ["g", 1];
}

function related(speech: Speech, text: string, per: Per | undefined): string {
  const amount = per === undefined ? text : speech.say(`per.${per}`, { amount: text });
  return amount.replaceAll(" ", "\u00a0");
}

/** An amount in three digits: "3.42 kg/h". */
export function amount(speech: Speech, quantity: Quantity, value: number, per?: Per): string {
  const [unit, one] = unitOf(quantity, Math.abs(value));
  const n = speech.digits(value / one);
  return related(speech, speech.say(`unit.${unit}`, { n }), per);
}

/** The same with the interval that holds it in nine of ten cases: "3.42 kg/h (2.8–4.1)". */
export function estimated(
  speech: Speech,
  quantity: Quantity,
  { value, low, high }: Estimate,
  per?: Per,
): string {
  return `${amount(speech, quantity, value, per)} ${range(speech, quantity, { value, low, high })}`;
}

/** The interval alone, in the unit of the value: "(2.8–4.1)". */
export function range(speech: Speech, quantity: Quantity, { value, low, high }: Estimate): string {
  const [, one] = unitOf(quantity, Math.abs(value));
  return `(${between(speech, low / one, high / one)})`;
}

/**
 * An amount that may be nothing, or less, and its interval: "0.1 kg/h", "(-0.4…0.6)". The unit is that
 * of the larger end.
 */
export function surplus(
  speech: Speech,
  quantity: Quantity,
  { value, low, high }: Estimate,
  per?: Per,
): readonly [figure: string, range: string] {
  const [unit, one] = unitOf(quantity, Math.max(Math.abs(low), Math.abs(high)));
  const figure = speech.say(`unit.${unit}`, { n: digits(speech, value / one) });
  return [related(speech, figure, per), `(${between(speech, low / one, high / one)})`];
}

/** A dash after a minus would not be read. */
function between(speech: Speech, low: number, high: number): string {
  return [low, high].map((end) => digits(speech, end)).join(low < 0 ? "…" : "–");
}

/** With a minus that is one, in every language. */
function digits(speech: Speech, value: number): string {
  return speech.digits(value).replace("-", "−");
}

/** A sound level with its interval: "78.2 dB(A) (76.1–80.0)". */
export function level(speech: Speech, { value, low, high }: Estimate): string {
  const text = speech.say("unit.dba", { n: speech.decimal(value) }).replaceAll(" ", "\u00a0");
  return `${text} (${speech.decimal(low)}–${speech.decimal(high)})`;
}
