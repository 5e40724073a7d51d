/** What the colours and shapes of the map mean. */

import { element } from "../../dom";
import { canvasOf, drawDetector, drawSituation } from "../../map/icons";
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
      entry(canvasOf(drawSituation(palette, kind)), speech.word("situation", kind)),
    );
    body.append(
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
