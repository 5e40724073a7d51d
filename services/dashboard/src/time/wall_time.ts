/**
 * Local time of the cities as it is written in fields, whatever zone the browser is in: the rest of
 * the page speaks it too. Pure.
 */

const ZONE = "Europe/Helsinki";
const MINUTE_MS = 60_000;

const PARTS = new Intl.DateTimeFormat("en-GB", {
  timeZone: ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

/** A day as `2026-11-26` and a time of day as `14:05`. */
export interface WallTime {
  readonly day: string;
  readonly time: string;
}

/** What a clock on the wall shows, as if it were UTC. */
export function dayHour(atMs: number): number {
  const parts = Object.fromEntries(PARTS.formatToParts(atMs).map((p) => [p.type, Number(p.value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((atMs % 1_000) + 1_000) % 1_000);
}

export function wallTime(atMs: number): WallTime {
  const [day = "", time = ""] = new Date(dayHour(atMs)).toISOString().split("T");
  return { day, time: time.slice(0, 5) };
}

/**
 * The moment that a wall time is; `undefined` when it is none. Of an hour that comes twice in autumn
 * the first is meant, and one that spring leaves out is an hour later.
 */
export function momentOf({ day, time }: WallTime): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3])[:.]?([0-5]\d)$/.exec(time.trim()) ?? [];
  if (hours === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(day)) return undefined;
  const wall = Date.parse(`${day}T${hours.padStart(2, "0")}:${minutes}:00Z`);
  if (Number.isNaN(wall)) return undefined;
  // The earlier one first: Helsinki is two or three hours ahead.
  const guesses = [3, 2].map((ahead) => wall - ahead * 60 * MINUTE_MS);
  return guesses.find((guess) => dayHour(guess) === wall) ?? guesses.at(-1);
}
