/** Cells, districts and cities as rows. */

import type { Area } from "tilanne-client";
import { cellDensity, emissionWindow } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { cellOpacity } from "../../map/areas";
import { areaShare, seenShare } from "../../map/streets";
import { areaKind, areaName } from "../../words";
import type { Listed, ShownEmission } from "./rows";
import { parts } from "./rows";
import { emissionText } from "./streets";
import { TEXTS } from "./texts";

function named(speech: Speech, area: Area): string {
  return `${areaName(area)} (${areaKind(speech, area)})`;
}

/** Areas, those that lose most first; what is not seen now, which the map does not fill, last. */
export function areaRows(speech: Speech, areas: readonly Area[], nowMs: number): Listed[] {
  return areas.map((area) => {
    const isFilled = cellOpacity(area, nowMs) !== undefined;
    const state = (): string =>
      isFilled ? trafficText(speech, area) : speech.of(TEXTS)("unspecified");
    return {
      id: area.id,
      name: named(speech, area),
      badness: isFilled ? area.delay_veh_h_h : -1,
      row: () => ({ state: state(), timeMs: area.event_time_ms }),
    };
  });
}

/** The traffic in an area of which something is seen. */
function trafficText(speech: Speech, area: Area): string {
  const say = speech.of(TEXTS);
  const percent = (share: number): string => speech.quantity("percent", share * 100);
  const { speed_km_h: speed, queue_km } = area;
  const share = areaShare(area);
  return parts(
    speed === null || speed === undefined ? undefined : speech.quantity("km_h", speed),
    share === undefined ? undefined : say("of_free", { share: percent(share) }),
    speech.say("area.lost", { amount: speech.decimal(area.delay_veh_h_h) }),
    queue_km > 0
      ? speech.say("area.queued", { length: speech.length(queue_km * 1_000) })
      : undefined,
    say("seen", { share: percent(seenShare(area)) }),
  );
}

/** Areas with an emission, those that emit most for their size first. */
export function areaEmissionRows(
  speech: Speech,
  areas: readonly Area[],
  { measure, areas: emissions }: ShownEmission,
): Listed[] {
  return areas.flatMap((area) => {
    const emission = emissions.get(area.id);
    const density = emission && cellDensity(emission, measure);
    if (emission === undefined || density === undefined) return [];
    const row = (): ReturnType<Listed["row"]> => ({
      state: emissionText(speech, emission, measure),
      timeMs: emissionWindow(emission).end_time_ms,
    });
    return [{ id: area.id, name: named(speech, area), badness: density, row }];
  });
}
