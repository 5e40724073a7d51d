/** Names of the stops that the card speaks of: the stream carries their ids alone. */

import { isObject, objects, text } from "../../json";
import type { Inquiry } from "../../stream/lookup";
import { lookupOf } from "../../stream/lookup";

/** Names with code and id. */
export const STOP_NAMES: Inquiry<string> = {
  pauseMs: 0,
  keptMax: 1_000,
  path: (region, ids) => `v1/regions/${region}/stops?ids=${ids}`,
  read: (answer) => {
    const stops = objects(isObject(answer) ? answer["stops"] : undefined);
    return new Map(stops.map((stop) => [text(stop["id"]), written(text(stop["id"]), stop)]));
  },
};

export const stopNamesOf = lookupOf(STOP_NAMES);

function written(id: string, stop: Record<string, unknown>): string {
  const name = text(stop["name"]);
  const others = [text(stop["code"]), id].filter((other) => other !== "").join(", ");
  return name === "" ? others : `${name} (${others})`;
}
