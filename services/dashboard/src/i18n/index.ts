/** The languages of the page, and the one that is in use. */

import type { Dictionary, MessageKey } from "./dictionary";
import { en } from "./en";
import { fi } from "./fi";
import { sv } from "./sv";
import type { Say, Texts } from "./texts";

export type { MessageKey } from "./dictionary";
export { texts } from "./texts";
export type { Say, Texts } from "./texts";

export type Language = "en" | "fi" | "sv";

/** Units of whole numbers. */
export type Unit = "km_h" | "veh_h" | "percent" | "deg" | "veh_km";

interface LanguageEntry {
  /** In the language itself. */
  name: string;
  dictionary: Dictionary;
  /** For numbers and times: the Finnish use of each language, English with the 24-hour clock. */
  locale: string;
}

export const LANGUAGES: Readonly<Record<Language, LanguageEntry>> = {
  fi: { name: "Suomi", dictionary: fi, locale: "fi-FI" },
  sv: { name: "Svenska", dictionary: sv, locale: "sv-FI" },
  en: { name: "English", dictionary: en, locale: "en-GB" },
};

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/** The first of the reader's languages that is offered, else the first offered. */
export function preferredLanguage(
  wanted: readonly string[],
  offered: readonly Language[],
): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (isLanguage(language) && offered.includes(language)) return language;
  }
  return offered[0] ?? "en";
}

/** Puts values into the `{name}` places of a text. */
export function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}

/** One language, with its formats: what a panel needs to speak. */
export class Speech {
  private readonly dictionary: Dictionary;
  private readonly whole: Intl.NumberFormat;
  private readonly tenths: Intl.NumberFormat;
  private readonly three: Intl.NumberFormat;
  private readonly minutes: Intl.DateTimeFormat;
  private readonly clock: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;

  constructor(readonly language: Language) {
    const { dictionary, locale } = LANGUAGES[language];
    const timeZone = "Europe/Helsinki";
    this.dictionary = dictionary;
    this.whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
    this.tenths = new Intl.NumberFormat(locale, {
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    });
    this.three = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
    this.minutes = new Intl.DateTimeFormat(locale, {
      timeZone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    this.clock = new Intl.DateTimeFormat(locale, {
      timeZone,
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    this.day = new Intl.DateTimeFormat(locale, {
      timeZone,
      day: "numeric",
      month: "numeric",
      year: "numeric",
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
  }

  say(key: MessageKey, values: Readonly<Record<string, string>> = {}): string {
    return fill(this.dictionary[key], values);
  }

  /** Speaks the texts of one part of the page. */
  of<K extends string>(texts: Texts<K>): Say<K> {
    const own = texts[this.language];
    return (key, values = {}) => fill(own[key], values);
  }

  /** The word for a value of the contract, such as `mode` `tram`; a new value is its own word. */
  word(family: string, value: string): string {
    const key = `${family}.${value}`;
    const known = Object.hasOwn(this.dictionary, key);
    return known ? this.dictionary[key as MessageKey] : value.replaceAll("_", " ");
  }

  number(value: number): string {
    return this.whole.format(value);
  }

  /** To a tenth, however large. */
  decimal(value: number): string {
    return this.tenths.format(value);
  }

  /** To three digits: an estimate has no more. */
  digits(value: number): string {
    return this.three.format(value);
  }

  /** What stands before the tenths: comma or point. */
  get decimalSign(): string {
    return this.decimal(0).replaceAll("0", "");
  }

  /** A length in metres to ten, from a kilometre on in kilometres to a tenth. */
  length(metres: number): string {
    const text =
      metres >= 995
        ? this.say("unit.km", { n: this.decimal(metres / 1000) })
        : this.say("unit.m", { n: this.number(Math.round(metres / 10) * 10) });
    return text.replaceAll(" ", "\u00a0");
  }

  /** A value with the interval that holds it in nine of ten cases. */
  estimate(unit: Unit, { value, low, high }: { value: number; low: number; high: number }): string {
    return `${this.quantity(unit, value)} (${this.number(low)}–${this.number(high)})`;
  }

  /** Time of day with seconds. */
  time(timeMs: number): string {
    return this.clock.format(timeMs);
  }

  /** Time of day to the minute. */
  minute(timeMs: number): string {
    return this.minutes.format(timeMs);
  }

  /** Date and time to the minute. */
  date(timeMs: number): string {
    return this.day.format(timeMs);
  }

  /** A number and its unit, which stay on one line. */
  quantity(unit: Unit, value: number): string {
    return this.say(`unit.${unit}`, { n: this.number(value) }).replaceAll(" ", "\u00a0");
  }

  /** A span of time in its largest whole unit: "4 s", "12 min", "3 h". */
  span(ms: number): string {
    const s = Math.max(0, Math.round(ms / 1000));
    if (s < 100) return this.say("unit.s", { n: this.number(s) });
    const min = Math.round(s / 60);
    if (min < 100) return this.say("unit.min", { n: this.number(min) });
    const h = Math.round(min / 60);
    if (h < 48) return this.say("unit.h", { n: this.number(h) });
    return this.say("unit.d", { n: this.number(Math.round(h / 24)) });
  }

  /** Punctuality in words; positive is late. Under half a minute either way is on time. */
  delay(delayS: number): string {
    const abs = Math.abs(delayS);
    if (abs < 30) return this.say("delay.on_time");
    const minutes = Math.round(abs / 60);
    const amount =
      abs < 60 ? this.span(abs * 1000) : this.say("unit.min", { n: this.number(minutes) });
    return this.say(delayS > 0 ? "delay.late" : "delay.early", { amount });
  }
}
