/** All that is known of one object, as named facts in the reader's language. */

import type {
  Detector,
  DetectorDirection,
  Link,
  Maybe,
  Situation,
  SituationEffect,
  Stamped,
  TimedValue,
  Vehicle,
} from "tilanne-client";
import { excessFact, vehicleEmissionFacts } from "../../emission/facts";
import type { MessageKey, Speech } from "../../i18n";
import { currentLevel } from "../../map/detectors";
import type { ShownVehicle } from "../../stream/vehicle_fields";
import { streetName } from "../../words";

export interface Section {
  title: string | undefined;
  facts: [name: string, value: string][];
}

export interface Facts {
  title: string;
  subtitle: string;
  sections: Section[];
}

/** Collects facts; what is not known is left out, never shown as zero. */
export class Collector {
  readonly facts: [string, string][] = [];

  constructor(private readonly speech: Speech) {}

  add<T>(key: MessageKey, value: Maybe<T>, write: (value: T) => string): this {
    if (value === null || value === undefined) return this;
    const text = write(value);
    if (text !== "") this.facts.push([this.speech.say(key), text]);
    return this;
  }

  text(key: MessageKey, value: Maybe<string>): this {
    return this.add(key, value, (text) => text);
  }

  /** A word of the contract; "unspecified" says that nothing was published. */
  word(key: MessageKey, family: string, value: Maybe<string>): this {
    const published = value === "unspecified" ? undefined : value;
    return this.add(key, published, (word) => this.speech.word(family, word));
  }
}

export function provenance(speech: Speech, object: Stamped, nowMs: number): Section {
  const verdicts = (object.verdicts ?? []).map((verdict) => speech.word("verdict", verdict));
  const doubts = verdicts.length > 0 ? verdicts.join(", ") : speech.say("detail.no_verdicts");
  const { facts } = new Collector(speech)
    .add("detail.age", object.event_time_ms, (time) => aged(speech, time, nowMs))
    .text("detail.verdicts", doubts)
    .text("detail.feed", object.feed)
    .text("detail.id", object.id);
  return { title: undefined, facts };
}

export function aged(speech: Speech, timeMs: number, nowMs: number): string {
  // Nothing of it has been worked out yet.
  if (!(timeMs > 0)) return "–";
  return `${speech.span(nowMs - timeMs)} (${speech.time(timeMs)})`;
}

/** The street that a vehicle is on, or why that is not known. */
function matchFacts(
  speech: Speech,
  { match }: Vehicle,
  links: ReadonlyMap<string, Link>,
): [string, string][] {
  const facts = new Collector(speech);
  if (match === null || match === undefined) return facts.facts;
  if (match.link === "") {
    const reason = speech.word("off_street", match.unknown || "unspecified");
    return facts.text("detail.street", speech.say("detail.no_street", { reason })).facts;
  }
  const link = links.get(match.link);
  return facts
    .text("detail.street", link === undefined ? match.link : streetName(speech, link))
    .add("detail.along", match.along_m, (along) => speech.length(along))
    .add("detail.sure", match.confidence, (share) => speech.quantity("percent", share * 100)).facts;
}

export function vehicleTitle(
  speech: Speech,
  { id, report }: ShownVehicle,
): Pick<Facts, "title" | "subtitle"> {
  const title = report.route_short_name ?? report.trip?.route_id ?? report.label ?? id;
  return { title, subtitle: speech.word("mode", report.mode ?? "unspecified") };
}

export function vehicleFacts(
  speech: Speech,
  vehicle: Vehicle,
  nowMs: number,
  links: ReadonlyMap<string, Link> = new Map(),
  stopName: (id: string) => string = (id) => id,
): Facts {
  const { report } = vehicle;
  const status = report.occupancy_status;
  const occupancy = status === "no_data_available" ? undefined : status;
  const now = new Collector(speech)
    .text("detail.headsign", report.headsign)
    .add("detail.delay", report.delay_s, (delay) => speech.delay(delay))
    .add("detail.speed", report.speed_km_h, (speed) => speech.quantity("km_h", speed))
    .add("detail.doors", report.doors_open, (open) =>
      speech.say(open ? "doors.open" : "doors.closed"),
    )
    .add("detail.occupancy", report.occupancy_percent, (share) => speech.quantity("percent", share))
    .word("detail.occupancy", "occupancy", occupancy)
    .add("detail.stop", report.stop_id, stopName)
    .add("detail.next_stop", report.next_stop_id, stopName)
    .word("detail.phase", "phase", report.phase)
    .add("detail.bearing", report.bearing_deg, (bearing) => speech.quantity("deg", bearing))
    .add("detail.position_age", vehicle.position_time_ms, (time) => aged(speech, time, nowMs))
    .word("detail.location_source", "source", report.location_source);
  const journey = new Collector(speech)
    .text("detail.route", report.trip?.route_id)
    .text("detail.trip", report.trip?.trip_id)
    .text("detail.operator", report.operator_id)
    .text("detail.label", report.label);
  const emission = vehicle.emission ? vehicleEmissionFacts(speech, vehicle.emission) : undefined;
  return {
    ...vehicleTitle(speech, vehicle),
    sections: [
      { title: undefined, facts: now.facts },
      { title: undefined, facts: journey.facts },
      { title: undefined, facts: matchFacts(speech, vehicle, links) },
      { title: speech.say("vehicle_emission.title"), facts: emission?.now ?? [] },
      { title: speech.say("vehicle_emission.since"), facts: emission?.since ?? [] },
      provenance(speech, vehicle, nowMs),
    ],
  };
}

function directionFacts(speech: Speech, direction: DetectorDirection, nowMs: number): Section {
  const measured =
    (unit: "km_h" | "veh_h" | "percent") =>
    ({ value, time_ms }: TimedValue): string =>
      `${speech.quantity(unit, value)} · ${speech.span(nowMs - time_ms)}`;
  const { facts } = new Collector(speech)
    .word("detail.level", "level", direction.level_of_service)
    .add("detail.speed", direction.speed_km_h, measured("km_h"))
    .add("detail.share", direction.speed_share_percent, measured("percent"))
    .add("detail.flow", direction.flow_veh_h, measured("veh_h"))
    .add("detail.flow_share", direction.flow_share_percent, measured("percent"))
    .add("detail.detector_occupancy", direction.occupancy_percent, measured("percent"))
    .add("detail.free_flow", direction.free_flow_speed_km_h, (v) => speech.quantity("km_h", v));
  if (currentLevel(direction, nowMs) === "unspecified") {
    facts.unshift([speech.say("detail.level"), speech.word("level", "unspecified")]);
  }
  const title = speech.say("detail.direction", { number: speech.number(direction.direction) });
  return { title, facts };
}

export function detectorFacts(speech: Speech, detector: Detector, nowMs: number): Facts {
  const { station } = detector;
  const directions = [...(detector.directions ?? [])].sort((a, b) => a.direction - b.direction);
  const equipment = new Collector(speech)
    .word("detail.collection", "collection", station?.collection_status)
    .text("detail.equipment", station?.state);
  return {
    title: station?.name ?? detector.id,
    subtitle: speech.say("layers.detectors"),
    sections: [
      ...directions.map((direction) => directionFacts(speech, direction, nowMs)),
      { title: undefined, facts: equipment.facts },
      provenance(speech, detector, nowMs),
    ],
  };
}

/** What the traffic on the streets of a message shows. */
function effectFacts(speech: Speech, effect: SituationEffect, nowMs: number): Section {
  const { facts } = new Collector(speech)
    .text(
      "effect.checked",
      speech.say(effect.contradicted ? "effect.contradicted" : "effect.agrees"),
    )
    .add("effect.delay", effect.delay_s, (delay) => speech.span(delay * 1000))
    .add("effect.share", effect.speed_share_percent, (share) => speech.quantity("percent", share))
    .text(
      "effect.streets",
      speech.say("effect.measured", {
        measured: speech.number(effect.links_measured),
        all: speech.number(effect.links.length),
      }),
    )
    .add("detail.age", effect.event_time_ms, (time) => aged(speech, time, nowMs));
  facts.push(...excessFact(speech, effect));
  return { title: speech.say("effect.title"), facts };
}

export function situationFacts(speech: Speech, situation: Situation, nowMs: number): Facts {
  const { record } = situation;
  const date = (timeMs: number): string => speech.date(timeMs);
  const what = new Collector(speech)
    .text("detail.description", record.description)
    .text("detail.comment", record.comment)
    .add("detail.features", record.features, (features) => features.join(", "))
    .text("detail.place", record.municipality)
    .add("detail.road", record.road_number, String);
  const when = new Collector(speech).add("detail.starts", record.start_time_ms, date);
  const end = record.end_time_ms;
  when.text("detail.ends", end ? date(end) : speech.say("detail.until_notice"));
  when.add("detail.released", record.release_time_ms, date);
  when.add("detail.version", record.version_time_ms, date);
  const title = record.title ?? "";
  return {
    title: title === "" ? speech.say("detail.untitled") : title,
    subtitle: speech.word("situation", record.type ?? "unspecified"),
    sections: [
      { title: undefined, facts: what.facts },
      ...(situation.effect ? [effectFacts(speech, situation.effect, nowMs)] : []),
      { title: undefined, facts: when.facts },
      provenance(speech, situation, nowMs),
    ],
  };
}
