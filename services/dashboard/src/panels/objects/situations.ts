/** Traffic messages as rows: what they are about, and what the traffic shows of it. */

import type { Situation, SituationEffect } from "tilanne-client";
import type { Speech } from "../../i18n";
import { SITUATIONS, known } from "../../map/palette";
import type { Listed } from "./rows";
import { parts } from "./rows";
import { TEXTS } from "./texts";

/** Longer than any delay, s: messages of which an effect is measured come first. */
const MEASURED_S = 1e6;

/** What is measured on the streets of a message. */
function effectText(speech: Speech, effect: SituationEffect): string {
  const say = speech.of(TEXTS);
  const { delay_s: delay, speed_share_percent: share } = effect;
  const streets = say("streets_measured", {
    measured: speech.number(effect.links_measured),
    all: speech.number(effect.links.length),
  });
  return parts(
    effect.contradicted ? speech.say("effect.contradicted_short") : undefined,
    delay === null || delay === undefined
      ? undefined
      : say("lost", { time: speech.span(delay * 1_000) }),
    share === null || share === undefined
      ? undefined
      : say("of_usual", { share: speech.quantity("percent", share) }),
    streets,
  );
}

/** Those with the longest measured delay first; then by kind, announcements before the rest. */
export function situationRows(speech: Speech, situations: readonly Situation[]): Listed[] {
  return situations.map(({ id, record, event_time_ms, effect }) => {
    const kind = known(SITUATIONS, record.type);
    const isMeasured = effect !== null && effect !== undefined && effect.links_measured > 0;
    return {
      id,
      name: record.title || speech.say("detail.untitled"),
      badness: isMeasured ? MEASURED_S + (effect.delay_s ?? 0) : -SITUATIONS.indexOf(kind),
      row: () => ({
        state: parts(
          speech.word("situation", record.type ?? "unspecified"),
          isMeasured ? effectText(speech, effect) : speech.of(TEXTS)("no_effect"),
        ),
        timeMs: record.version_time_ms ?? event_time_ms,
      }),
    };
  });
}
