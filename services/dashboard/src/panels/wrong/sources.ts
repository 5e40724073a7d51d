/** What is wrong with what is known: feeds that fail or lie, and areas of which nothing is seen. Pure. */

import type { Area, Feed } from "tilanne-client";
import { LINK_STALE_AFTER_MS, seenShare } from "../../map/streets";
import { areaOfCity } from "../../map/city_places";
import { feedState, silenceMs } from "../../stream/feed_state";
import { FIXED, severity } from "./severity";
import type { FeedCause, Found, RegionSight } from "./troubles";

/** From fewer records no share is told. */
export const RECORDS_MIN = 100;
/** A feed lies when so much of what it sent is rejected or in quarantine. */
export const DISBELIEVED_FROM = 0.05;
/** Of an area nearly nothing is known when less of its streets is seen. */
export const SEEN_BELOW = 0.05;

/** Part of a feed's records, so far, that is not believed. */
export function disbelievedShare({ received, rejected, quarantined }: Feed): number {
  return received > 0 ? (rejected + quarantined) / received : 0;
}

export function feedTroubles(sight: RegionSight): Found[] {
  const feeds = [...sight.region.picture.layer("feeds").values()];
  return feeds.flatMap((feed) => [...failing(sight, feed), ...lying(feed)]);
}

/** All causes of one feed in one trouble, which is as bad as the worst of them. */
function failing(sight: RegionSight, feed: Feed): Found[] {
  const causes = causesOf(sight, feed);
  const scores = causes.map((cause) => causeSeverity(sight, feed, cause));
  if (causes.length === 0) return [];
  const sounding = causes.every((cause) => cause === "imbalance" || cause === "error");
  return [
    {
      id: feed.id,
      kind: "feed",
      score: Math.max(...scores),
      subject: { what: "feed", feed, causes },
      sinceMs: sounding ? undefined : (feed.last_received_ms ?? undefined),
      atMs: feed.status_time_ms,
    },
  ];
}

function causesOf({ cadence, nowMs, live }: RegionSight, feed: Feed): FeedCause[] {
  const causes: FeedCause[] = [];
  if ((feed.imbalances ?? 0) > 0) causes.push("imbalance");
  const state = feedState(feed, nowMs, cadence, live);
  // While the region is not connected that is the trouble, and of its feeds nothing is known.
  if (live && state !== "live" && state !== "starting") causes.push(state);
  if (feed.error) causes.push("error");
  return causes;
}

function causeSeverity({ cadence, nowMs }: RegionSight, feed: Feed, cause: FeedCause): number {
  if (cause !== "stale") return FIXED[`feed_${cause}`];
  const silence = silenceMs(feed, nowMs);
  // Never a record, or no more word of the feed itself: as bad as the server's own "idle".
  if (silence === undefined) return FIXED.feed_idle;
  return severity("silences", Math.max(1, silence / cadence.limitMs(feed.id)));
}

function lying(feed: Feed): Found[] {
  const share = disbelievedShare(feed);
  if (feed.received < RECORDS_MIN || share < DISBELIEVED_FROM) return [];
  return [
    {
      id: `${feed.id}#records`,
      kind: "feed",
      score: severity("disbelieved", share),
      subject: { what: "records", feed, share },
      atMs: feed.status_time_ms,
    },
  ];
}

/** Cities of which nearly nothing is seen, or nothing new; the region, where no city is an area. */
export function areaTroubles(sight: RegionSight): Found[] {
  const { cities, region, nowMs, live } = sight;
  const areas = region.picture.layer("areas");
  const ofCities = cities
    .filter((city) => city.region === region.id)
    .flatMap((city) => {
      const area = areaOfCity(areas, city);
      return area === undefined ? [] : [{ area, city }];
    });
  const whole = [...areas.values()].filter(({ kind }) => kind === "region");
  const looked = ofCities.length > 0 ? ofCities : whole.map((area) => ({ area, city: undefined }));
  return looked.flatMap(({ area, city }): Found[] => {
    const cause = areaCause(area, nowMs);
    // Without a connection nothing new can come.
    if (cause === undefined || (cause === "old" && !live)) return [];
    const begun = area.event_time_ms > 0;
    return [
      {
        id: area.id,
        kind: "area",
        score: areaSeverity(area, cause),
        subject: { what: "area", area, cause },
        city,
        selection: { layer: "areas", id: area.id },
        sinceMs: cause === "old" && begun ? area.event_time_ms : undefined,
        atMs: begun ? area.event_time_ms : undefined,
      },
    ];
  });
}

function areaCause(area: Area, nowMs: number): "old" | "unseen" | undefined {
  const old = area.event_time_ms > 0 && nowMs - area.event_time_ms > LINK_STALE_AFTER_MS;
  if (old) return "old";
  return seenShare(area) < SEEN_BELOW ? "unseen" : undefined;
}

function areaSeverity(area: Area, cause: "old" | "unseen"): number {
  if (cause === "old") return FIXED.area_old;
  return seenShare(area) > 0 ? FIXED.area_nearly_unseen : FIXED.area_unseen;
}
