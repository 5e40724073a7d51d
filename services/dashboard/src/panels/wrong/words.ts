/** A trouble in the reader's language: what it is, its figures with units, and what they rest on. */

import type { Feed } from "tilanne-client";
import { excessFact } from "../../emission/facts";
import type { FeedLabels } from "../../feed_labels";
import type { Say, Speech } from "../../i18n";
import { seenShare } from "../../map/streets";
import { reasonWord } from "../../reason_words";
import type { City } from "../../settings";
import type { Cadence } from "../../stream/cadence";
import { areaName, streetName } from "../../words";
import { coverageText } from "../areas";
import { regionName } from "../../stream/region_state";
import { silenceMs } from "../../stream/feed_state";
import type { StreetName } from "./street_names";
import type { TextKey } from "./texts";
import type { FeedCause, Trouble } from "./troubles";
import { KINDS } from "./troubles";

/** What is said in the server's own words is in English. */
export type Fact = readonly [name: string, value: string, language?: "en"];

/** What words are made with. */
export interface Wording {
  readonly speech: Speech;
  readonly say: Say<TextKey>;
  readonly cities: readonly City[];
  readonly labels: FeedLabels;
  readonly cadence: Cadence;
  readonly nowMs: number;
  /** A street of a region; `undefined` while its name is not known. */
  street(region: string, link: string): StreetName | undefined;
}

export interface Told {
  readonly title: string;
  /** Why it is listed. */
  readonly note: string;
  readonly figures: readonly Fact[];
}

/** Reasons of a feed in its figures. */
const TOP_REASONS = 2;
/** Reasons when all is told; they are few, but must not grow with a feed's imagination. */
const REASONS_MAX = 12;
/** Outcomes of records that were not believed. */
const DISBELIEVED: readonly string[] = ["rejected", "quarantined"];
const COUNTS = [
  "received",
  "applied",
  "superseded",
  "duplicate",
  "rejected",
  "quarantined",
  "dropped",
] as const;

/** Seconds as "4 min" or "20 s". */
function seconds(speech: Speech, s: number): string {
  return speech.span(s * 1_000);
}

function percent(speech: Speech, share: number): string {
  return speech.quantity("percent", share * 100);
}

/** The name of the street, or its kind where it has none; empty while neither is known. */
function streetText(speech: Speech, street: StreetName | undefined): string {
  if (street === undefined) return "";
  if (street.name !== "") return street.name;
  return street.class === "" ? "" : speech.word("road", street.class);
}

/** Where it is: its city, else all cities of its region, unless its title names them. */
export function whereText({ say, cities }: Wording, { city, region, kind }: Trouble): string {
  if (kind === "region") return "";
  return city?.name ?? say("regional", { cities: regionName(cities, region) });
}

export function feedName({ labels }: Wording, feed: Feed): string {
  return labels.get(feed.id)?.title ?? feed.id;
}

function causeText({ speech, say }: Wording, cause: FeedCause): string {
  return cause === "imbalance" || cause === "error" ? say(cause) : speech.word("feed", cause);
}

/** Reasons why records were not believed, the most frequent first. */
function reasonFacts(wording: Wording, feed: Feed, most: number): Fact[] {
  const { speech, say } = wording;
  const reasons = (feed.reasons ?? []).filter(({ outcome }) => DISBELIEVED.includes(outcome));
  reasons.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  return reasons.slice(0, most).map(({ outcome, reason, count }) => {
    const names = {
      outcome: speech.word("feeds", outcome),
      reason: reasonWord(speech, outcome, reason),
    };
    const share = percent(speech, feed.received > 0 ? count / feed.received : 0);
    return [say("reason", names), say("reason_share", { count: speech.number(count), share })];
  });
}

export function told(wording: Wording, trouble: Trouble): Told {
  const { speech, say } = wording;
  const { subject } = trouble;
  switch (subject.what) {
    case "queue": {
      const { queue } = subject;
      const street = streetText(speech, wording.street(trouble.region, queue.links[0] ?? ""));
      return {
        title: street === "" ? speech.say("queue.title") : say("queue_on", { street }),
        note: say(queue.irregular ? "irregular" : "usual"),
        figures: [
          [speech.say("queue.length"), speech.length(queue.length_m)],
          [speech.say("detail.link_delay"), seconds(speech, queue.delay_s)],
          [speech.say("queue.trend"), speech.word("trend", queue.trend)],
          [speech.say("queue.speed"), speech.quantity("km_h", queue.speed_km_h)],
          ...excessFact(speech, queue),
        ],
      };
    }
    case "message": {
      const { message, effect } = subject;
      const figures: Fact[] = [];
      const { delay_s, speed_share_percent: share, links, links_measured } = effect;
      if (typeof delay_s === "number")
        figures.push([speech.say("effect.delay"), seconds(speech, delay_s)]);
      if (typeof share === "number")
        figures.push([speech.say("effect.share"), speech.quantity("percent", share)]);
      const of = { measured: speech.number(links_measured), all: speech.number(links.length) };
      figures.push([speech.say("effect.streets"), speech.say("effect.measured", of)]);
      return {
        title: message.record.title || speech.say("detail.untitled"),
        note: say(effect.contradicted ? "contradicted" : "delays"),
        figures: [...figures, ...excessFact(speech, effect)],
      };
    }
    case "link": {
      const { link, usual_km_h, loss_s } = subject;
      const { speed_km_h, method, vehicles } = link.five_minutes;
      return {
        title: streetName(speech, link),
        note: `${say("slower")}, ${speech.word("method", method)}`,
        figures: [
          [say("five_minutes"), speech.estimate("km_h", speed_km_h)],
          [say("usual_speed"), speech.quantity("km_h", usual_km_h)],
          [say("loss"), seconds(speech, loss_s)],
          [speech.say("detail.vehicles"), speech.number(vehicles)],
        ],
      };
    }
    case "feed": {
      const { feed, causes } = subject;
      return {
        title: feedName(wording, feed),
        note: causes.map((cause) => causeText(wording, cause)).join("; "),
        figures: silenceFacts(wording, feed),
      };
    }
    case "records": {
      const { feed, share } = subject;
      return {
        title: say("disbelieved_title", { feed: feedName(wording, feed) }),
        note: say("disbelieved", { share: percent(speech, share) }),
        figures: [
          ...reasonFacts(wording, feed, TOP_REASONS),
          [say("so_far"), speech.number(feed.received)],
        ],
      };
    }
    case "area": {
      const { area, cause } = subject;
      return {
        title: say(cause, { area: areaName(area) }),
        note: say(cause === "old" ? "old_note" : "unseen_note"),
        figures: [
          [say("seen"), percent(speech, seenShare(area))],
          [speech.say("area.coverage"), coverageText(speech, area.coverage)],
        ],
      };
    }
    case "region": {
      const cities = regionName(wording.cities, trouble.region);
      return {
        title: say(subject.cause === "lost" ? "region_lost" : "region_silent", { cities }),
        note: say("region_note"),
        figures: trouble.atMs === undefined ? [] : [[say("heard"), speech.time(trouble.atMs)]],
      };
    }
  }
}

/** How long a feed is silent, and how long it may be. */
function silenceFacts({ speech, say, cadence, nowMs }: Wording, feed: Feed): Fact[] {
  const facts: Fact[] = [];
  const silence = silenceMs(feed, nowMs);
  if (silence !== undefined) facts.push([say("silence"), speech.span(silence)]);
  facts.push([say("beat"), speech.span(cadence.limitMs(feed.id))]);
  // A feed that has said nothing yet is complete to no time at all.
  if (feed.watermark_ms > 0) facts.push([say("complete"), speech.time(feed.watermark_ms)]);
  return facts;
}

/** All that a trouble without a card on the map rests on; empty where the card tells it. */
export function reasons(wording: Wording, { subject }: Trouble): readonly Fact[] {
  const { speech, say } = wording;
  switch (subject.what) {
    case "feed":
    case "records": {
      const { feed } = subject;
      const facts: Fact[] = [];
      if (feed.error) facts.push([say("error_says"), feed.error, "en"]);
      const imbalances = feed.imbalances ?? 0;
      if (imbalances > 0) facts.push([say("imbalances"), speech.number(imbalances)]);
      for (const name of COUNTS) {
        facts.push([speech.say(`feeds.${name}`), speech.number(feed[name])]);
      }
      return [...facts, ...reasonFacts(wording, feed, REASONS_MAX)];
    }
    case "message": {
      const { record } = subject.message;
      const facts: Fact[] = [];
      if (record.description) facts.push([speech.say("detail.description"), record.description]);
      facts.push([speech.say("effect.checked"), effectText(speech, subject.effect.contradicted)]);
      const end = record.end_time_ms;
      const ends = end ? speech.date(end) : speech.say("detail.until_notice");
      facts.push([speech.say("detail.ends"), ends], [speech.say("detail.id"), subject.message.id]);
      return facts;
    }
    case "area": {
      const { area } = subject;
      const km = speech.say("unit.km", { n: speech.decimal(area.street_km) });
      return [
        [speech.say("area.streets"), km],
        [speech.say("area.coverage"), coverageText(speech, area.coverage)],
      ];
    }
    case "queue":
    case "link":
    case "region":
      return [];
  }
}

function effectText(speech: Speech, contradicted: boolean): string {
  return speech.say(contradicted ? "effect.contradicted" : "effect.agrees");
}

/** How many troubles of each kind there are. */
export function countsOf(troubles: readonly Trouble[]): ReadonlyMap<string, number> {
  return new Map(
    KINDS.map((kind) => [kind, troubles.filter((trouble) => trouble.kind === kind).length]),
  );
}
