/** What is in view as rows of text, sorted so that a reader finds things. */

import type { Speech } from "../../i18n";
import { worstLevel } from "../../map/detectors";
import { fixTimeMs } from "../../map/vehicles/tracks";
import type { Detector, Situation, Vehicle } from "../../stream/model";
import type { InView, MapLayerName } from "../panel";

/** Objects made into rows and sorted each second; some milliseconds of work. */
const MAX_SORTED = 1_000;

export interface Row {
  id: string;
  name: string;
  state: string;
  timeMs: number;
}

function vehicleRows(speech: Speech, vehicles: readonly Vehicle[]): Row[] {
  return vehicles.map((vehicle) => {
    const { report } = vehicle;
    const mode = speech.word("mode", report.mode ?? "unspecified");
    const line = report.route_short_name ?? report.label ?? vehicle.id;
    const state = [
      report.delay_s === null || report.delay_s === undefined ? "" : speech.delay(report.delay_s),
      report.speed_km_h === null || report.speed_km_h === undefined
        ? ""
        : speech.quantity("km_h", report.speed_km_h),
    ];
    const way = report.headsign ? ` → ${report.headsign}` : "";
    return {
      id: vehicle.id,
      name: `${line}${way} (${mode})`,
      state: state.filter((part) => part !== "").join(", "),
      timeMs: fixTimeMs(vehicle),
    };
  });
}

function detectorRows(speech: Speech, detectors: readonly Detector[], nowMs: number): Row[] {
  return detectors.map((detector) => ({
    id: detector.id,
    name: detector.station?.name ?? detector.id,
    state: speech.word("level", worstLevel(detector, nowMs)),
    timeMs: detector.event_time_ms,
  }));
}

function situationRows(speech: Speech, situations: readonly Situation[]): Row[] {
  return situations.map(({ id, record, event_time_ms }) => ({
    id,
    name: record.title || speech.say("detail.untitled"),
    state: speech.word("situation", record.type ?? "unspecified"),
    timeMs: record.version_time_ms ?? event_time_ms,
  }));
}

/**
 * Rows of one layer in the reader's order. Of more objects than can be sorted each second only the
 * first are taken: so many are in view only when the map is the better tool.
 */
export function rowsOf(speech: Speech, layer: MapLayerName, inView: InView, nowMs: number): Row[] {
  const rows = {
    vehicles: () => vehicleRows(speech, inView.vehicles.slice(0, MAX_SORTED)),
    detectors: () => detectorRows(speech, inView.detectors.slice(0, MAX_SORTED), nowMs),
    situations: () => situationRows(speech, inView.situations.slice(0, MAX_SORTED)),
  }[layer]();
  const collator = new Intl.Collator(speech.language, { numeric: true });
  return rows.sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}
