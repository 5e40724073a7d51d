/** Texts that belong to one part of the page, kept beside it: a new panel touches no dictionary. */

import type { Language } from ".";

/** The same texts in every language. */
export type Texts<K extends string> = Readonly<Record<Language, Readonly<Record<K, string>>>>;

/** Says one of them, with values in its `{name}` places. */
export type Say<K extends string> = (key: K, values?: Readonly<Record<string, string>>) => string;

/**
 * Declares texts. One that a language lacks does not compile.
 *
 * @example
 * const TEXTS = texts({ en: { none: "None" }, fi: { none: "Ei yhtään" }, sv: { none: "Inga" } });
 * const say = speech.of(TEXTS);
 * say("none");
 */
export function texts<K extends string>(all: Texts<K>): Texts<K> {
  return all;
}
