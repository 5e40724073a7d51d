/** The classes behind the colours of the map, in the reader's language. Pure. */

import type { Measure } from "../../emission/measures";
import { breaks } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { LEVELS } from "../../map/palette";
import type { Palette } from "../../map/palette";
import { PUNCTUALITY, punctualityColours } from "../../map/vehicles/punctuality";
import { TEXTS } from "./texts";

export interface Scale {
  title: string;
  /** Least first. */
  colours: readonly string[];
  /** Numbers between the classes: one less than there are classes. */
  ends: readonly string[];
  /** All of it in one sentence. */
  words: string;
}

/** Ends of the levels of service, percent of free-flow speed, as Fintraffic has them. */
const LEVEL_ENDS = [10, 25, 75, 90];

function scale(speech: Speech, title: string, colours: readonly string[], ends: string[]): Scale {
  const [first = ""] = ends;
  const last = ends.at(-1) ?? first;
  const between = ends.slice(1).map((to, index) => {
    return speech.say("key.from_to", { from: ends[index] ?? "", to });
  });
  const classes = [
    speech.say("key.less", { to: first }),
    ...between,
    speech.say("key.more", { from: last }),
  ];
  return { title, colours, ends, words: `${title}: ${classes.join("; ")}` };
}

export function trafficScale(speech: Speech, palette: Palette): Scale {
  const levels = LEVELS.filter((level) => level !== "unspecified").reverse();
  return scale(
    speech,
    speech.say("key.share"),
    levels.map((level) => palette.level[level]),
    LEVEL_ENDS.map((end) => speech.number(end)),
  );
}

/** Tonnes would be too large a unit for a street, and grams of CO2 too small. */
const KILOGRAMS: readonly Measure[] = ["co2", "excess_co2"];

/** Unit of a measure for a length of street or an area of cell. */
function unit(speech: Speech, measure: Measure, of: "street" | "cell"): string {
  if (measure === "noise") return speech.say(of === "street" ? "unit.dba_m" : "unit.dba_m2");
  const mass = speech.say(KILOGRAMS.includes(measure) ? "unit.kg" : "unit.g", { n: "" }).trim();
  return speech.say(of === "street" ? "per.km_h" : "per.km2_h", { amount: mass });
}

export function emissionScale(
  speech: Speech,
  palette: Palette,
  measure: Measure,
  of: "street" | "cell",
): Scale {
  const one = KILOGRAMS.includes(measure) ? 1_000 : 1;
  const words = speech.say(`scale.${measure}`);
  const what = words.charAt(0).toUpperCase() + words.slice(1);
  return scale(
    speech,
    speech.say(`key.${of}`, { what, unit: unit(speech, measure, of) }),
    palette.emission,
    breaks(measure, of).map((end) => speech.number(end / one)),
  );
}

/** Classes of delay, from early to very late; who says nothing of it has no class. */
export function punctualityScale(speech: Speech, dark: boolean): Scale {
  const classes = PUNCTUALITY.filter(({ id }) => id !== "unknown");
  const ends = classes.flatMap(({ untilS }) => (untilS === undefined ? [] : [untilS / 60]));
  const colours = punctualityColours(dark);
  return scale(
    speech,
    speech.of(TEXTS)("late"),
    classes.map(({ id }) => colours[id]),
    ends.map((minutes) => speech.number(minutes)),
  );
}
