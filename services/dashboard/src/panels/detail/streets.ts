/** What is known of a street, a queue or an area, as named facts. */

import type { Area, Link, LinkWindow, Queue, Situation } from "tilanne-client";
import { excessFact } from "../../emission/facts";
import type { Speech } from "../../i18n";
import { LINK_STALE_AFTER_MS, isSeen, knowledge, windowLevel } from "../../map/streets";
import { areaKind, areaName, streetClass, streetName } from "../../words";
import { coverageText } from "../areas";
import type { Facts, Section } from "./facts";
import { Collector, aged } from "./facts";

/** Titles of messages where the page has them, else their ids. */
function titles(
  speech: Speech,
  ids: readonly string[],
  situations: ReadonlyMap<string, Situation>,
): string {
  const named = ids.map((id) => {
    const situation = situations.get(id);
    return situation === undefined ? id : situation.record.title || speech.say("detail.untitled");
  });
  return named.join("; ");
}

/** What is seen in a window, or in plain words that nothing is; in short for the shorter one. */
function windowFacts(
  speech: Speech,
  window: LinkWindow,
  title: string,
  nowMs: number,
  inFull: boolean,
): Section {
  const how = knowledge(window, nowMs);
  const facts = new Collector(speech);
  const old = nowMs - window.end_time_ms > LINK_STALE_AFTER_MS;
  if (window.end_time_ms <= 0) {
    facts.text("detail.level", speech.word("level", "unspecified"));
    return { title, facts: facts.facts };
  }
  facts
    .text("detail.level", speech.word("level", windowLevel(window, nowMs)))
    .text("detail.speed", speech.estimate("km_h", window.speed_km_h))
    .text("detail.method", speech.word("method", old ? "stale" : how))
    .add("detail.vehicles", isSeen(how) ? window.vehicles : undefined, (n) => speech.number(n))
    .add("detail.flow", window.flow_veh_h, (flow) => {
      const method = speech.word("flow_method", window.flow_method);
      return `${speech.estimate("veh_h", flow)}, ${method}`;
    })
    .text("detail.link_delay", speech.span(window.delay_s * 1000));
  if (inFull) {
    facts
      .text("detail.travel_time", speech.span(window.travel_time_s * 1000))
      .add("detail.density", window.density_veh_km, (n) => speech.quantity("veh_km", n))
      .add("detail.detector_occupancy", window.occupancy_percent, (n) =>
        speech.quantity("percent", n),
      )
      .text("detail.hcm", window.hcm_level === "unspecified" ? "" : window.hcm_level.toUpperCase());
  }
  facts
    .add("detail.queue", window.queue_m, (n) => speech.length(n))
    .add("detail.stopped", window.stopped_s, (n) => speech.span(n * 1000))
    .text("detail.age", aged(speech, window.end_time_ms, nowMs));
  return { title, facts: facts.facts };
}

export function linkFacts(
  speech: Speech,
  link: Link,
  nowMs: number,
  situations: ReadonlyMap<string, Situation>,
): Facts {
  const { facts } = new Collector(speech)
    .text("detail.closure", link.closed ? speech.say("detail.closed") : "")
    .text("detail.limit", speech.quantity("km_h", link.speed_limit_km_h))
    .text("detail.free_flow", speech.quantity("km_h", link.free_flow_speed_km_h))
    .add("detail.typical", link.typical_speed_km_h, (v) => speech.quantity("km_h", v))
    .text("detail.length", speech.length(link.length_m))
    .text("detail.lanes", speech.number(link.lanes))
    .add("detail.detectors", link.detectors, (ids) => ids.join(", "))
    .add("layers.situations", link.situations, (ids) => titles(speech, ids, situations))
    .text("detail.id", link.id);
  return {
    title: streetName(speech, link),
    subtitle: streetClass(speech, link),
    sections: [
      windowFacts(speech, link.five_minutes, speech.say("window.five_minutes"), nowMs, true),
      windowFacts(speech, link.minute, speech.say("window.minute"), nowMs, false),
      { title: speech.say("detail.street"), facts },
    ],
  };
}

export function queueFacts(
  speech: Speech,
  queue: Queue,
  nowMs: number,
  links: ReadonlyMap<string, Link>,
  situations: ReadonlyMap<string, Situation>,
): Facts {
  const head = links.get(queue.links[0] ?? "");
  const { facts } = new Collector(speech)
    .text("queue.length", speech.length(queue.length_m))
    .text("queue.longest", speech.length(queue.length_m_max))
    .text("queue.trend", speech.word("trend", queue.trend))
    .text("queue.usual", speech.say(queue.irregular ? "queue.irregular" : "queue.regular"))
    .text("queue.speed", speech.quantity("km_h", queue.speed_km_h))
    .text("detail.link_delay", speech.span(queue.delay_s * 1000))
    .text("queue.streets", speech.number(queue.links.length))
    .text("queue.since", aged(speech, queue.start_time_ms, nowMs))
    .add("layers.situations", queue.situations, (ids) => titles(speech, ids, situations))
    .add("queue.merged", queue.merged, (ids) => speech.number(ids.length));
  facts.push(...excessFact(speech, queue));
  const rest = new Collector(speech)
    .text("detail.age", aged(speech, queue.event_time_ms, nowMs))
    .text("detail.id", queue.id);
  return {
    title: head === undefined ? speech.say("queue.title") : streetName(speech, head),
    subtitle: speech.say("queue.title"),
    sections: [
      { title: undefined, facts },
      { title: undefined, facts: rest.facts },
    ],
  };
}

export function areaFacts(speech: Speech, area: Area, nowMs: number): Facts {
  const lost = speech.decimal(area.delay_veh_h_h);
  const traffic = new Collector(speech)
    .add("detail.speed", area.speed_km_h, (v) => speech.quantity("km_h", v))
    .add("detail.free_flow", area.free_flow_speed_km_h, (v) => speech.quantity("km_h", v))
    .text("area.delay", speech.say("unit.veh_h_h", { n: lost }))
    .text("area.traffic", speech.say("unit.veh_km_h", { n: speech.number(area.traffic_veh_km_h) }))
    .text("layers.queues", speech.say("unit.km", { n: speech.decimal(area.queue_km) }))
    .text("area.streets", speech.say("unit.km", { n: speech.decimal(area.street_km) }))
    .text("area.coverage", coverageText(speech, area.coverage));
  const rest = new Collector(speech)
    .text("detail.age", aged(speech, area.event_time_ms, nowMs))
    .text("detail.id", area.id);
  return {
    title: areaName(area),
    subtitle: areaKind(speech, area),
    sections: [
      { title: undefined, facts: traffic.facts },
      { title: undefined, facts: rest.facts },
    ],
  };
}
