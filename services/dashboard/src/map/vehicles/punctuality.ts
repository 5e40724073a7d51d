/**
 * Punctuality of a vehicle: classes of its delay, and their colours. The classes are those of
 * operators' control rooms: a minute early is early, since passengers miss it; three minutes late
 * is still on time. Pure.
 */

export type Punctuality = "early" | "on_time" | "late" | "very_late" | "unknown";

export interface PunctualityClass {
  readonly id: Punctuality;
  /** Least and greatest delay of the class, s; `undefined` where it is open. */
  readonly fromS: number | undefined;
  readonly untilS: number | undefined;
}

const EARLY_S = -60;
const LATE_S = 180;
const VERY_LATE_S = 600;

/** From early to very late, then those that say nothing. A delay at a border is of the milder class. */
export const PUNCTUALITY: readonly PunctualityClass[] = [
  { id: "early", fromS: undefined, untilS: EARLY_S },
  { id: "on_time", fromS: EARLY_S, untilS: LATE_S },
  { id: "late", fromS: LATE_S, untilS: VERY_LATE_S },
  { id: "very_late", fromS: VERY_LATE_S, untilS: undefined },
  { id: "unknown", fromS: undefined, untilS: undefined },
];

/** @param delayS seconds behind the timetable; negative when ahead of it */
export function punctualityOf(delayS: number | null | undefined): Punctuality {
  if (delayS === null || delayS === undefined || !Number.isFinite(delayS)) return "unknown";
  if (delayS < EARLY_S) return "early";
  if (delayS <= LATE_S) return "on_time";
  return delayS <= VERY_LATE_S ? "late" : "very_late";
}

export type PunctualityColours = Readonly<Record<Punctuality, string>>;

/**
 * Cool where a vehicle is early, warm where it is late, and calm between. Neighbours differ in
 * lightness as well as in hue, so that they stay apart for colour-blind readers.
 */
const LIGHT: PunctualityColours = {
  early: "#5b2a99",
  on_time: "#159a80",
  late: "#f2a104",
  very_late: "#b0123a",
  unknown: "#b4bcc4",
};

const DARK: PunctualityColours = {
  early: "#a98bff",
  on_time: "#14b8a0",
  late: "#ffe08a",
  very_late: "#f0405a",
  unknown: "#4a5560",
};

export function punctualityColours(dark: boolean): PunctualityColours {
  return dark ? DARK : LIGHT;
}
