/** What of the picture lies in the view. Pure. */

import { anchor, includes } from "./map/geography";
import { isCurrent } from "./map/situations";
import type { InView } from "./panels/panel";
import type { Box, Maybe, Position } from "./stream/model";
import type { Picture } from "./stream/picture";

export function inView(picture: Picture, box: Box, nowMs: number): InView {
  const inside = (place: Maybe<Position>): boolean => !!place && includes(box, place);
  const all = <T>(objects: ReadonlyMap<string, T>, keep: (object: T) => boolean): T[] =>
    [...objects.values()].filter(keep);
  return {
    vehicles: all(picture.layer("vehicles"), ({ report }) => inside(report.position)),
    detectors: all(picture.layer("detectors"), ({ station }) => inside(station?.position)),
    // A message without a place is about the whole region, so it is in every view.
    situations: all(picture.layer("situations"), (situation) => {
      const place = anchor(situation.record.geometry);
      return isCurrent(situation, nowMs) && (place === undefined || inside(place));
    }),
  };
}
