/** Names of streets that the stream does not carry: of queues in regions that are not on the map. */

import { isObject, objects, text } from "../../json";
import type { Inquiry } from "../../stream/lookup";
import { ASKED_MAX, lookupOf } from "../../stream/lookup";

export interface StreetName {
  /** Empty where the street has none. */
  readonly name: string;
  readonly class: string;
}

export const STREET_NAMES: Inquiry<StreetName> = {
  // New queues come by the minute, several at once.
  pauseMs: 2_000,
  keptMax: 2_000,
  path: (region, ids) =>
    `v1/regions/${region}/links?ids=${ids}&fields=name,class&limit=${ASKED_MAX}`,
  read: (answer) => {
    const links = objects(isObject(answer) ? answer["objects"] : undefined);
    const named = links.filter(
      ({ id, name }) => typeof id === "string" && typeof name === "string",
    );
    return new Map(
      named.map((link) => [
        text(link["id"]),
        { name: text(link["name"]), class: text(link["class"]) },
      ]),
    );
  },
};

export const streetNamesOf = lookupOf(STREET_NAMES);
