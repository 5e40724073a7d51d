/** How well a name fits what was typed. Pure. */

/** From the best: all of it, its beginning, the beginning of a word in it, anywhere inside. */
export const EXACT = 0;
export const PREFIX = 1;
export const WORD = 2;
export const INSIDE = 3;
/** Not the name itself but what belongs to it, such as a message's text. */
export const RELATED = 4;

/** Added where the letters are the same only without their dots and rings: `hame` and `Häme`. */
const WITHOUT_MARKS = 0.5;
/** Shorter texts are inside of nearly everything, and found only at the beginning of words. */
export const INSIDE_FROM_LENGTH = 3;

const MARKS = /\p{M}/gu;
const SPACES = /\s+/gu;
/** What is no letter and no digit stands between words: `vt1_Espoo_Turvesolmu`. */
const LETTER = /[\p{L}\p{N}]/u;

/** As it is compared: lower case, single spaces. */
export function folded(text: string): string {
  return text.normalize("NFC").toLowerCase().replace(SPACES, " ").trim();
}

function withoutMarks(text: string): string {
  return text.normalize("NFD").replace(MARKS, "");
}

/** Whether there is anything in it that could be searched for. */
export function isSearchable(text: string): boolean {
  return LETTER.test(text);
}

/** What was typed, made ready once for many names. */
export class Typed {
  readonly folded: string;
  private readonly bare: string;

  constructor(text: string) {
    this.folded = folded(text);
    this.bare = withoutMarks(this.folded);
  }

  /** How well a name fits, smaller is better; `undefined` when it does not. */
  rank(name: string): number | undefined {
    if (!isSearchable(this.folded)) return undefined;
    const candidate = folded(name);
    const rank = place(candidate, this.folded);
    if (rank !== undefined && rank < WORD) return rank;
    const bare = place(withoutMarks(candidate), this.bare);
    const loose = bare === undefined ? undefined : bare + WITHOUT_MARKS;
    return best([rank, loose]);
  }

  /** The best that any of the names has. */
  bestRank(names: readonly (string | null | undefined)[]): number | undefined {
    return best(names.map((name) => (name ? this.rank(name) : undefined)));
  }
}

function place(name: string, typed: string): number | undefined {
  let at = name.indexOf(typed);
  if (at < 0) return undefined;
  if (at === 0) return name.length === typed.length ? EXACT : PREFIX;
  while (at > 0) {
    if (!LETTER.test(name.charAt(at - 1))) return WORD;
    at = name.indexOf(typed, at + 1);
  }
  return typed.length >= INSIDE_FROM_LENGTH ? INSIDE : undefined;
}

/** The smallest rank there is. */
export function best(ranks: readonly (number | undefined)[]): number | undefined {
  const known = ranks.filter((rank) => rank !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Finnish order of letters, numbers by their size: the same for all readers, and always. */
const collator = new Intl.Collator("fi", { numeric: true });

/** Orders by rank, then by name, then by key. */
export function compare(
  a: { rank: number; name: string; key: string },
  b: { rank: number; name: string; key: string },
): number {
  return (
    a.rank - b.rank || collator.compare(a.name, b.name) || (a.key < b.key ? -1 : +(a.key > b.key))
  );
}
