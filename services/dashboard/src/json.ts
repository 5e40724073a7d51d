/** Reads what the server answers, which may be anything. Pure. */

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null;
}

/** The objects of a list; of what is no list there are none. */
export function objects(value: unknown): Json[] {
  const all: unknown[] = Array.isArray(value) ? value : [];
  return all.filter(isObject);
}

/** A number that can be computed with. */
export function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A text; empty when it is none. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
