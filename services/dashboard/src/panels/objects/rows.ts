/** What is in view as rows of text, sorted so that a reader finds things. */

import type { Area, Detector, Emission, Link, Queue, Situation, Vehicle } from "tilanne-client";
import { amount, level } from "../../emission/amounts";
import type { Measure } from "../../emission/measures";
import { emissionWindow, measureIn, streetDensity } from "../../emission/measures";
import type { Speech } from "../../i18n";
import { worstLevel } from "../../map/detectors";
import { fixTimeMs } from "../../map/vehicles/tracks";
import { isSeen, knowledge, shownWindow, speedShare, windowLevel } from "../../map/streets";
import { areaKind, areaName, streetName } from "../../words";
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
  return situations.map(({ id, record, event_time_ms, effect }) => ({
    id,
    name: record.title || speech.say("detail.untitled"),
    state: [
      speech.word("situation", record.type ?? "unspecified"),
      effect?.contradicted === true ? speech.say("effect.contradicted_short") : "",
    ]
      .filter((part) => part !== "")
      .join(", "),
    timeMs: record.version_time_ms ?? event_time_ms,
  }));
}

/** Streets that are seen, the slowest first. */
function linkRows(speech: Speech, links: readonly Link[], nowMs: number): Row[] {
  const seen = links
    .map((link) => ({ link, window: shownWindow(link) }))
    .filter(({ window }) => isSeen(knowledge(window, nowMs)))
    .map(({ link, window }) => ({ link, window, share: speedShare(link, window) ?? 1 }));
  seen.sort((a, b) => a.share - b.share || (a.link.id < b.link.id ? -1 : 1));
  return seen.slice(0, MAX_SORTED).map(({ link, window }) => ({
    id: link.id,
    name: streetName(speech, link),
    state: [
      speech.quantity("km_h", window.speed_km_h.value),
      speech.word("level", windowLevel(window, nowMs)),
    ].join(", "),
    timeMs: window.end_time_ms,
  }));
}

/** What streets are coloured by when that is an emission. */
export interface ShownEmission {
  measure: Measure;
  links: ReadonlyMap<string, Emission>;
}

/** Streets with an emission, those that emit most for their length first. */
function emissionRows(
  speech: Speech,
  links: readonly Link[],
  { measure, links: emissions }: ShownEmission,
): Row[] {
  const known = links.flatMap((link) => {
    const emission = emissions.get(link.id);
    if (emission === undefined) return [];
    const now = measureIn(emission, measure);
    const density = streetDensity(emission, measure);
    if (now === undefined || density === undefined) return [];
    return [{ link, now, density, timeMs: emissionWindow(emission).end_time_ms }];
  });
  known.sort((a, b) => b.density - a.density || (a.link.id < b.link.id ? -1 : 1));
  return known.slice(0, MAX_SORTED).map(({ link, now, timeMs }) => ({
    id: link.id,
    name: streetName(speech, link),
    state: measure === "noise" ? level(speech, now) : amount(speech, "mass", now.value, "h"),
    timeMs,
  }));
}

/** Queues, the longest first. */
function queueRows(
  speech: Speech,
  queues: readonly Queue[],
  links: ReadonlyMap<string, Link>,
): Row[] {
  const longest = [...queues].sort((a, b) => b.length_m - a.length_m || (a.id < b.id ? -1 : 1));
  return longest.map((queue) => {
    const head = links.get(queue.links[0] ?? "");
    return {
      id: queue.id,
      name: head === undefined ? speech.say("queue.title") : streetName(speech, head),
      state: [speech.length(queue.length_m), speech.word("trend", queue.trend)].join(", "),
      timeMs: queue.event_time_ms,
    };
  });
}

/** Areas, those that lose most first. */
function areaRows(speech: Speech, areas: readonly Area[]): Row[] {
  const worst = [...areas].sort(
    (a, b) => b.delay_veh_h_h - a.delay_veh_h_h || (a.id < b.id ? -1 : 1),
  );
  return worst.slice(0, MAX_SORTED).map((area) => ({
    id: area.id,
    name: `${areaName(area)} (${areaKind(speech, area)})`,
    state:
      area.speed_km_h === null || area.speed_km_h === undefined
        ? speech.say("area.no_speed")
        : speech.quantity("km_h", area.speed_km_h),
    timeMs: area.event_time_ms,
  }));
}

/** Layers whose rows are in an order of their own, worst first; the others are by name. */
const RANKED: readonly MapLayerName[] = ["links", "queues", "areas"];

/**
 * Rows of one layer in the reader's order. Of more objects than can be sorted each second only the
 * first are taken: so many are in view only when the map is the better tool.
 */
export function rowsOf(
  speech: Speech,
  layer: MapLayerName,
  inView: InView,
  nowMs: number,
  links: ReadonlyMap<string, Link>,
  emission?: ShownEmission,
): Row[] {
  const rows = {
    vehicles: () => vehicleRows(speech, inView.vehicles.slice(0, MAX_SORTED)),
    detectors: () => detectorRows(speech, inView.detectors.slice(0, MAX_SORTED), nowMs),
    situations: () => situationRows(speech, inView.situations.slice(0, MAX_SORTED)),
    links: () =>
      emission === undefined
        ? linkRows(speech, inView.links, nowMs)
        : emissionRows(speech, inView.links, emission),
    queues: () => queueRows(speech, inView.queues, links),
    areas: () => areaRows(speech, inView.areas),
  }[layer]();
  if (RANKED.includes(layer)) return rows;
  const collator = new Intl.Collator(speech.language, { numeric: true });
  return rows.sort((a, b) => collator.compare(a.name, b.name) || (a.id < b.id ? -1 : 1));
}
