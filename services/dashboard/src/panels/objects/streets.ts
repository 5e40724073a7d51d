/** Streets and queues as rows. */

import type { Emission, Link, Queue } from "tilanne-client";
import { amount, estimated, level as soundLevel } from "../../emission/amounts";
import type { Measure } from "../../emission/measures";
import { emissionWindow, isUncertain, measureIn, streetDensity } from "../../emission/measures";
import type { Speech } from "../../i18n";
import type { Level } from "../../map/palette";
import {
  isClosed,
  isSeen,
  knowledge,
  shownWindow,
  speedShare,
  windowLevel,
} from "../../map/streets";
import { streetName } from "../../words";
import type { Listed, ShownEmission } from "./rows";
import { parts } from "./rows";
import { TEXTS } from "./texts";

/** The level of service in a word. */
export function levelText(speech: Speech, level: Level): string {
  return speech.of(TEXTS)(level);
}

/** Streets that are seen, the slowest against free flow first, and before them those that are closed. */
export function linkRows(speech: Speech, links: readonly Link[], nowMs: number): Listed[] {
  const say = speech.of(TEXTS);
  return links.flatMap((link) => {
    const window = shownWindow(link);
    const how = knowledge(window, nowMs);
    const name = streetName(speech, link);
    if (!isSeen(how)) {
      const closed = { state: speech.say("detail.closed"), timeMs: link.event_time_ms };
      return isClosed(link, nowMs) ? [{ id: link.id, name, badness: 1, row: () => closed }] : [];
    }
    const share = speedShare(link, window);
    const row = (): ReturnType<Listed["row"]> => ({
      state: parts(
        speech.estimate("km_h", window.speed_km_h),
        levelText(speech, windowLevel(window, nowMs)),
        share === undefined
          ? undefined
          : say("of_free", { share: speech.quantity("percent", share * 100) }),
        window.flow_veh_h ? speech.estimate("veh_h", window.flow_veh_h) : undefined,
        speech.word("flow_method", how),
        isClosed(link, nowMs) ? speech.say("detail.closed") : undefined,
      ),
      timeMs: window.end_time_ms,
    });
    return [{ id: link.id, name, badness: -(share ?? 1), row }];
  });
}

/** A measure with its interval, and whether that is wider than the value. */
export function emissionText(speech: Speech, emission: Emission, measure: Measure): string {
  const now = measureIn(emission, measure);
  if (now === undefined) return "";
  const hasInterval = now.low < now.high;
  const text =
    measure === "noise"
      ? soundLevel(speech, now)
      : hasInterval
        ? estimated(speech, "mass", now, "h")
        : amount(speech, "mass", now.value, "h");
  return parts(text, isUncertain(emission, measure) ? speech.of(TEXTS)("uncertain") : undefined);
}

/** Streets with an emission, those that emit most for their length first. */
export function linkEmissionRows(
  speech: Speech,
  links: readonly Link[],
  { measure, links: emissions }: ShownEmission,
): Listed[] {
  return links.flatMap((link) => {
    const emission = emissions.get(link.id);
    const density = emission && streetDensity(emission, measure);
    if (emission === undefined || density === undefined) return [];
    const row = (): ReturnType<Listed["row"]> => ({
      state: emissionText(speech, emission, measure),
      timeMs: emissionWindow(emission).end_time_ms,
    });
    return [{ id: link.id, name: streetName(speech, link), badness: density, row }];
  });
}

/** Queues, the longest first. */
export function queueRows(
  speech: Speech,
  queues: readonly Queue[],
  links: ReadonlyMap<string, Link>,
): Listed[] {
  const say = speech.of(TEXTS);
  return queues.map((queue) => {
    const head = links.get(queue.links[0] ?? "");
    return {
      id: queue.id,
      name: head === undefined ? speech.say("queue.title") : streetName(speech, head),
      badness: queue.length_m,
      row: () => ({
        state: parts(
          speech.length(queue.length_m),
          speech.word("trend", queue.trend),
          say("lost", { time: speech.span(queue.delay_s * 1_000) }),
          speech.quantity("km_h", queue.speed_km_h),
          speech.say(queue.irregular ? "queue.irregular" : "queue.regular"),
        ),
        timeMs: queue.event_time_ms,
      }),
    };
  });
}
