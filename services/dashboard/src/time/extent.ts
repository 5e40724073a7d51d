/** Of which times a region is archived, from the parts that the server lists. Pure. */

import { isObject } from "../json";

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** From the first moment to the last; between its spans nothing is archived. */
export interface Extent extends Span {
  readonly spans: readonly Span[];
}

/** What no picture is made of: it is worked out from the rest, or is only how that came. */
const NOT_OF_PICTURES: readonly unknown[] = [
  "area_emission",
  "area_state",
  "checkpoint",
  "link_emission",
  "link_state",
  "raw",
];
/** A feed says how it is more often than this: a longer silence of all is a gap. */
export const GAP_MS = 10 * 60_000;

/** @param archive the answer of `/v1/archive`; `undefined` where nothing of the region is archived */
export function extentOf(archive: unknown, region: string): Extent | undefined {
  const parts = isObject(archive) ? archive["parts"] : undefined;
  const found = (Array.isArray(parts) ? parts : []).filter(isObject).flatMap((part): Span[] => {
    const { from_ms: fromMs, to_ms: toMs } = part;
    if (part["region"] !== region || NOT_OF_PICTURES.includes(part["kind"])) return [];
    return typeof fromMs === "number" && typeof toMs === "number" ? [{ fromMs, toMs }] : [];
  });
  const spans = joined(found);
  const [first, last] = [spans[0], spans.at(-1)];
  return first && last && { fromMs: first.fromMs, toMs: last.toMs, spans };
}

/** Spans in order, those made one that touch or nearly so. */
function joined(spans: readonly Span[]): Span[] {
  const all: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const before = all.at(-1);
    if (before === undefined || span.fromMs > before.toMs + GAP_MS) all.push(span);
    else all[all.length - 1] = { ...before, toMs: Math.max(before.toMs, span.toMs) };
  }
  return all;
}

/** The moment that is archived and nearest to one. */
export function nearest({ spans }: Extent, atMs: number): number {
  const each = spans.map(({ fromMs, toMs }) => Math.min(toMs, Math.max(fromMs, atMs)));
  return each.reduce((best, one) => (Math.abs(one - atMs) < Math.abs(best - atMs) ? one : best));
}
