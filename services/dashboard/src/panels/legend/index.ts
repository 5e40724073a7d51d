/** What the colours and shapes of the map mean. */

import { element } from "../../dom";
import { canvasOf, drawDetector, drawSituation } from "../../map/icons";
import { UNCERTAIN_OPACITY } from "../../map/links";
import { DARK, LEVELS, LIGHT, MODES, SITUATIONS } from "../../map/palette";
import type { Panel } from "../panel";

/** One entry: a picture that is said by its text. */
function entry(image: HTMLElement, text: string): HTMLElement {
  image.setAttribute("aria-hidden", "true");
  return element("li", {}, image, element("span", {}, text));
}

function drop(colour: string): HTMLElement {
  const shape = element("span", { class: "drop" });
  shape.style.backgroundColor = colour;
  return shape;
}

/** A stroke as the map draws a street. */
function stroke(colour: string, widthPx: number, style: "solid" | "dashed" = "solid"): HTMLElement {
  const shape = element("span", { class: "stroke" });
  shape.style.borderTop = `${widthPx}px ${style} ${colour}`;
  return shape;
}

/** A stroke with a casing, as the map draws a queue. */
function cased(colour: string, casing: string): HTMLElement {
  const shape = stroke(colour, 3);
  shape.style.outline = `3px solid ${casing}`;
  return shape;
}

function group(title: string, note: string | undefined, entries: HTMLElement[]): HTMLElement {
  const hint = note === undefined ? undefined : element("p", { class: "quiet" }, note);
  return element(
    "div",
    {},
    element("h3", {}, title),
    element("ul", { class: "legend" }, ...entries),
    hint,
  );
}

export const legendPanel: Panel = {
  id: "legend",
  title: "legend.title",
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech, dark } = context();
    const palette = dark ? DARK : LIGHT;
    const modes = MODES.map((mode) => entry(drop(palette.mode[mode]), speech.word("mode", mode)));
    modes.push(entry(drop(palette.stale), speech.say("legend.stale")));
    const levels = LEVELS.map((level) =>
      entry(canvasOf(drawDetector(palette, level, level)), speech.word("level", level)),
    );
    const situations = SITUATIONS.filter((kind) => kind !== "unspecified").map((kind) =>
      entry(canvasOf(drawSituation(palette, kind, false)), speech.word("situation", kind)),
    );
    const contradicted = canvasOf(drawSituation(palette, "traffic_announcement", true));
    situations.push(entry(contradicted, speech.say("effect.contradicted_short")));
    const { level, street } = palette;
    const streets = LEVELS.filter((name) => name !== "unspecified").map((name) =>
      entry(stroke(level[name], 5), speech.word("level", name)),
    );
    const known = [
      entry(stroke(level.slow, 5), speech.say("legend.measured")),
      entry(stroke(level.slow, 2), speech.say("legend.inferred")),
      entry(stroke(street.typical, 2, "dashed"), speech.say("legend.typical")),
      entry(stroke(street.unknown, 2), speech.say("legend.unknown")),
      entry(cased(level.queuing, street.queue), speech.say("legend.queue")),
      entry(cased(level.queuing, street.irregular), speech.say("legend.irregular")),
    ];
    const [little = "", ...more] = palette.emission;
    const faint = stroke(more.at(-2) ?? little, 5);
    faint.style.opacity = String(UNCERTAIN_OPACITY);
    const emission = [
      entry(stroke(little, 5), speech.say("legend.less")),
      entry(stroke(more.at(-1) ?? little, 5), speech.say("legend.more")),
      entry(faint, speech.say("legend.uncertain")),
      entry(stroke(street.unknown, 2), speech.say("legend.unknown")),
    ];
    body.append(
      group(speech.say("legend.streets"), undefined, streets),
      group(speech.say("legend.known"), speech.say("legend.fades"), known),
      group(speech.say("legend.emission"), speech.say("legend.estimate"), emission),
      group(
        speech.say("legend.vehicles"),
        `${speech.say("legend.bearing")} ${speech.say("legend.traces")}`,
        modes,
      ),
      group(speech.say("legend.detectors"), speech.say("legend.halves"), levels),
      group(speech.say("legend.situations"), undefined, situations),
    );
    return () => undefined;
  },
};
