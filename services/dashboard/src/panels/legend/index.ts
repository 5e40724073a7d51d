/** What the colours and shapes of the map mean. */

import type { Speech } from "../../i18n";
import { canvasOf, drawDetector, drawSituation } from "../../map/icons";
import type { VehicleScale } from "../../map/layer";
import { UNCERTAIN_OPACITY } from "../../map/links";
import type { Palette } from "../../map/palette";
import { DARK, LEVELS, LIGHT, MODES, SITUATIONS, SURFACES } from "../../map/palette";
import { PUNCTUALITY, punctualityColours } from "../../map/vehicles/punctuality";
import { drawWeatherSign } from "../../map/weather_signs";
import type { Panel } from "../panel";
import { cased, drop, entry, filled, group, stroke } from "./shapes";
import { TEXTS } from "./texts";

/** A cell in the legend is as faint as one of which much is seen. */
const CELL_OPACITY = 0.45;

function streets(speech: Speech, { level, street, emission }: Palette): HTMLElement[] {
  const say = speech.of(TEXTS);
  const levels = LEVELS.filter((name) => name !== "unspecified").map((name) =>
    entry(stroke(level[name], 5), speech.word("level", name)),
  );
  const known = [
    entry(stroke(level.slow, 5), speech.say("legend.measured")),
    entry(stroke(level.slow, 2), speech.say("legend.inferred")),
    entry(stroke(street.typical, 2, "dashed"), speech.say("legend.typical")),
    entry(stroke(street.unknown, 2), speech.say("legend.unknown")),
    entry(stroke(street.closed, 4, "dotted"), say("closed")),
    entry(cased(level.queuing, street.queue), speech.say("legend.queue")),
    entry(cased(level.queuing, street.irregular), speech.say("legend.irregular")),
  ];
  const [little = "", ...more] = emission;
  const faint = stroke(more.at(-2) ?? little, 5);
  faint.style.opacity = String(UNCERTAIN_OPACITY);
  const emitted = [
    entry(stroke(little, 5), speech.say("legend.less")),
    entry(stroke(more.at(-1) ?? little, 5), speech.say("legend.more")),
    entry(faint, speech.say("legend.uncertain")),
    entry(stroke(street.unknown, 2), speech.say("legend.unknown")),
  ];
  const notes = [speech.say("legend.fades"), say("inferred_note"), say("width")];
  return [
    group(speech.say("legend.streets"), undefined, levels),
    group(speech.say("legend.known"), notes.join(" "), known),
    group(speech.say("legend.emission"), speech.say("legend.estimate"), emitted),
  ];
}

/** Vehicles, by what their colour says now. */
function vehicles(speech: Speech, dark: boolean, scale: VehicleScale): HTMLElement {
  const say = speech.of(TEXTS);
  const palette = dark ? DARK : LIGHT;
  const colours = punctualityColours(dark);
  const entries =
    scale === "punctuality"
      ? PUNCTUALITY.map(({ id }) => entry(drop(colours[id]), say(id)))
      : MODES.map((mode) => entry(drop(palette.mode[mode]), speech.word("mode", mode)));
  entries.push(
    entry(drop(palette.stale), speech.say("legend.stale")),
    entry(stroke(palette.trace, 1.5), say("traces")),
  );
  return group(say(scale), speech.say("legend.bearing"), entries);
}

function stations(speech: Speech, palette: Palette): HTMLElement[] {
  const say = speech.of(TEXTS);
  const levels = LEVELS.map((level) =>
    entry(canvasOf(drawDetector(palette, level, level)), speech.word("level", level)),
  );
  const surfaces = SURFACES.map((surface) => {
    const grey = surface === "unspecified";
    const sign = drawWeatherSign(palette, { surface, text: "", grey });
    return entry(sign, grey ? say("doubted") : speech.word("road_state", surface));
  });
  return [
    group(speech.say("legend.detectors"), speech.say("legend.halves"), levels),
    group(say("weather"), say("weather_note"), surfaces),
  ];
}

function situations(speech: Speech, palette: Palette): HTMLElement {
  const kinds = SITUATIONS.filter((kind) => kind !== "unspecified").map((kind) =>
    entry(canvasOf(drawSituation(palette, kind, false)), speech.word("situation", kind)),
  );
  const contradicted = canvasOf(drawSituation(palette, "traffic_announcement", true));
  kinds.push(entry(contradicted, speech.say("effect.contradicted_short")));
  return group(speech.say("legend.situations"), undefined, kinds);
}

function areas(speech: Speech, { level, boundary }: Palette): HTMLElement {
  const say = speech.of(TEXTS);
  return group(say("areas"), say("areas_note"), [
    entry(filled(level.slow, CELL_OPACITY), say("cell")),
    entry(stroke(boundary, 1, "dashed"), say("district")),
    entry(stroke(boundary, 2), say("city")),
  ]);
}

export const legendPanel: Panel = {
  id: "legend",
  title: (speech) => speech.say("legend.title"),
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    let drawn = "";
    return () => {
      const { vehicleScale, dark } = context();
      const look = `${vehicleScale} ${dark}`;
      if (look === drawn) return;
      drawn = look;
      const palette = dark ? DARK : LIGHT;
      body.replaceChildren(
        ...streets(speech, palette),
        vehicles(speech, dark, vehicleScale),
        ...stations(speech, palette),
        situations(speech, palette),
        areas(speech, palette),
      );
    };
  },
};
