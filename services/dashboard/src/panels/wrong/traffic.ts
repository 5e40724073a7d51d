/** What is wrong with the traffic: queues, messages and streets. Pure. */

import type { Link, Position, Queue } from "tilanne-client";
import { anchor } from "../../map/geography";
import { isStanding } from "../../map/queues";
import { isCurrent } from "../../map/situations";
import { LINK_STALE_AFTER_MS, knowledge, middle } from "../../map/streets";
import type { City } from "../../settings";
import { cityAt } from "../../map/city_places";
import { FIXED, queueSeverity, severity } from "./severity";
import type { Found, RegionSight, Sight } from "./troubles";

/** A message that delays a vehicle by less is not worth a line. */
export const MESSAGE_DELAY_MIN_S = 60;
/**
 * A street is far below its usual speed when the upper end of its interval is below this share of it:
 * in nineteen of twenty cases the truth is below it too, so a vague value is no alarm.
 */
export const LINK_SHARE_BELOW = 0.6;
/** On a short section a few seconds are a red light. */
export const LINK_LOSS_MIN_S = 5;

function cityOf({ cities, region }: RegionSight, place: Position): City | undefined {
  return cityAt(region.picture.layer("areas"), cities, region.id, place);
}

export function queueTroubles(sight: RegionSight): Found[] {
  const queues = [...sight.region.picture.layer("queues").values()];
  return queues
    .filter((queue) => isStanding(queue, sight.nowMs))
    .map((queue) => {
      const { id, position, links } = queue;
      const head = links[0];
      return {
        id,
        kind: "queue",
        score: queueSeverity(queue),
        subject: { what: "queue", queue },
        city: cityOf(sight, position),
        place: position,
        selection: { layer: "queues", id },
        explained: head === undefined ? undefined : { layer: "links", id: head },
        sinceMs: queue.start_time_ms,
        atMs: queue.event_time_ms,
      };
    });
}

/** Messages in force that the traffic contradicts, or where it measurably loses time. */
export function messageTroubles(sight: RegionSight): Found[] {
  const { region, nowMs } = sight;
  return [...region.picture.layer("situations").values()].flatMap((message): Found[] => {
    const { id, effect, record } = message;
    if (!effect || nowMs - effect.event_time_ms > LINK_STALE_AFTER_MS) return [];
    const begun = (record.start_time_ms ?? 0) <= nowMs;
    const delay_s = effect.links_measured > 0 ? (effect.delay_s ?? 0) : 0;
    const { contradicted } = effect;
    if (!begun || !isCurrent(message, nowMs)) return [];
    if (!contradicted && delay_s < MESSAGE_DELAY_MIN_S) return [];
    const delayed = severity("delay_s", delay_s);
    const place = anchor(record.geometry);
    return [
      {
        id,
        kind: "message",
        score: contradicted ? Math.max(FIXED.message_contradicted, delayed) : delayed,
        subject: { what: "message", message, effect },
        city: place && cityOf(sight, place),
        place,
        selection: { layer: "situations", id },
        sinceMs: record.start_time_ms ?? undefined,
        atMs: effect.event_time_ms,
      },
    ];
  });
}

interface Compared {
  readonly link: Link;
  readonly usual_km_h: number;
}

/** Streets of the map's region whose speed was measured in the window and can be compared. */
export function comparedLinks({ map, nowMs }: Sight): Compared[] {
  return [...map.layer("links").values()].flatMap((link): Compared[] => {
    const { five_minutes: window, typical_speed_km_h: usual } = link;
    const how = window.end_time_ms > 0 ? knowledge(window, nowMs) : "unknown";
    const measured = how === "measured" || how === "fused";
    return measured && usual ? [{ link, usual_km_h: usual }] : [];
  });
}

/** Slowest that a vehicle is taken to drive, so that standing traffic does not lose for ever. */
const SLOWEST_KM_H = 1;

/** Seconds that a vehicle loses on a street against the usual speed. */
function lossS({ link, usual_km_h }: Compared): number {
  const speed = Math.max(SLOWEST_KM_H, link.five_minutes.speed_km_h.value);
  return link.length_m * 3.6 * (1 / speed - 1 / usual_km_h);
}

/**
 * Streets far below what is usual. Each is as bad as the milder of two figures: how far below, and
 * how long a vehicle loses there. Streets of a queue are left out: the queue says it.
 */
export function linkTroubles(sight: RegionSight): Found[] {
  const { region, map } = sight;
  if (map.region !== region.id) return [];
  const queues: Queue[] = [...map.layer("queues").values()];
  const queued = new Set(queues.flatMap(({ links }) => links));
  return comparedLinks(sight).flatMap((compared): Found[] => {
    const { link, usual_km_h } = compared;
    const { speed_km_h, end_time_ms } = link.five_minutes;
    const loss_s = lossS(compared);
    const slow = speed_km_h.high < LINK_SHARE_BELOW * usual_km_h;
    if (!slow || loss_s < LINK_LOSS_MIN_S || queued.has(link.id)) return [];
    const missing = severity("link_missing", 1 - speed_km_h.value / usual_km_h);
    const place = middle(link.line);
    const selection = { layer: "links", id: link.id } as const;
    return [
      {
        id: link.id,
        kind: "link",
        score: Math.min(missing, severity("link_loss_s", loss_s)),
        subject: { what: "link", link, usual_km_h, loss_s },
        city: place && cityOf(sight, place),
        place,
        selection,
        explained: selection,
        atMs: end_time_ms,
      },
    ];
  });
}
