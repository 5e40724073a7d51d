/** What of the picture lies in the view. Pure. */

import type { Box, Maybe, Picture, Position } from "tilanne-client";
import { boundaryBox, isBounded } from "./map/boundaries";
import { anchor, includes } from "./map/geography";
import { isStanding } from "./map/queues";
import { isCurrent } from "./map/situations";
import { middle } from "./map/streets";
import type { InView } from "./panels/panel";

export function inView(picture: Picture, box: Box, nowMs: number): InView {
  const inside = (place: Maybe<Position>): boolean => !!place && includes(box, place);
  const all = <T>(objects: ReadonlyMap<string, T>, keep: (object: T) => boolean): T[] =>
    [...objects.values()].filter(keep);
  const areas = all(picture.layer("areas"), (area) => meets(boundaryBox(area), box));
  return {
    vehicles: all(picture.layer("vehicles"), ({ report }) => inside(report.position)),
    detectors: all(picture.layer("detectors"), ({ station }) => inside(station?.position)),
    weather: all(picture.layer("weather"), ({ station }) => inside(station.position)),
    links: all(picture.layer("links"), ({ line }) => {
      // Links are short: one of these is in the view of whatever can be read there.
      return inside(line[0]) || inside(line.at(-1)) || inside(middle(line));
    }),
    queues: all(
      picture.layer("queues"),
      (queue) => isStanding(queue, nowMs) && inside(queue.position),
    ),
    areas,
    districts: areas.filter(isBounded),
    // A message without a place is about the whole region, so it is in every view.
    situations: all(picture.layer("situations"), (situation) => {
      const place = anchor(situation.record.geometry);
      return isCurrent(situation, nowMs) && (place === undefined || inside(place));
    }),
  };
}

function meets(a: Box, b: Box): boolean {
  return a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];
}
