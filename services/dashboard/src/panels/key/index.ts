/** In a corner of the map: what its colours show, to choose from, and what they mean. */

import { element, setText } from "../../dom";
import { STREET_SCALES, TRAFFIC_SCALES, VEHICLE_SCALES, measureOf } from "../../map/layer";
import type { StreetScale, VehicleScale } from "../../map/layer";
import { DARK, LIGHT } from "../../map/palette";
import type { Panel, PanelContext } from "../panel";
import type { Scale } from "./scale";
import { emissionScale, punctualityScale, trafficScale } from "./scale";
import { TEXTS } from "./texts";

function streetChoice(context: () => PanelContext): HTMLElement {
  const { speech, streetScale } = context();
  const select = element("select", { name: "street-scale" });
  const group = (label: string, scales: readonly StreetScale[]): HTMLElement => {
    const node = element("optgroup", { label });
    for (const scale of scales)
      node.append(choice(scale, speech.say(`scale.${scale}`), streetScale));
    return node;
  };
  const emission = STREET_SCALES.filter((scale) => measureOf(scale) !== undefined);
  select.append(
    group(speech.say("key.traffic"), TRAFFIC_SCALES),
    group(speech.say("key.emission"), emission),
  );
  select.addEventListener("change", () => {
    context().colourStreets(select.value as StreetScale);
  });
  return labelled(speech.say("key.shows"), select);
}

function vehicleChoice(context: () => PanelContext): HTMLElement {
  const { speech, vehicleScale } = context();
  const say = speech.of(TEXTS);
  const select = element("select", { name: "vehicle-scale" });
  for (const scale of VEHICLE_SCALES) select.append(choice(scale, say(scale), vehicleScale));
  select.addEventListener("change", () => {
    context().colourVehicles(select.value as VehicleScale);
  });
  return labelled(say("vehicles"), select);
}

function choice(value: string, label: string, chosen: string): HTMLOptionElement {
  const option = element("option", { value }, label);
  option.selected = value === chosen;
  return option;
}

function labelled(label: string, select: HTMLSelectElement): HTMLElement {
  const name = element("span", { class: "quiet" }, label);
  return element("label", { class: "key-choice" }, name, select);
}

/** A bar of the classes, with the numbers between them; in words for who does not see it. */
function bar({ title, colours, ends, words }: Scale): HTMLElement {
  const steps = colours.map((colour, index) => {
    const step = element("span", { class: "step" });
    step.style.backgroundColor = colour;
    const end = ends[index];
    if (end !== undefined) step.append(element("span", { class: "end" }, end));
    return step;
  });
  const image = element("div", { class: "steps", role: "img", "aria-label": words }, ...steps);
  return element("div", { class: "key-scale" }, element("p", {}, title), image);
}

export const keyPanel: Panel = {
  id: "key",
  title: (speech) => speech.say("key.title"),
  place: "corner",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const scales = element("div");
    const note = element("p", { class: "quiet" });
    const section = element("section", { class: "key", "aria-label": speech.say("key.title") });
    const vehicles = element("div");
    section.append(streetChoice(context), scales, note, vehicleChoice(context), vehicles);
    body.append(section);
    let drawn = "";
    let painted = "";
    return () => {
      const { vehicleScale, dark } = context();
      const paint = `${vehicleScale} ${dark}`;
      if (paint !== painted) {
        painted = paint;
        const shown = vehicleScale === "punctuality" ? [punctualityScale(speech, dark)] : [];
        vehicles.replaceChildren(...shown.map(bar));
      }
      const { streetScale, cellsShown, streetsHint, isShown } = context();
      const measure = measureOf(streetScale);
      const streets = isShown("links") && streetsHint === undefined;
      const look = `${streetScale} ${cellsShown} ${streets} ${dark}`;
      if (look === drawn) return;
      drawn = look;
      const palette = dark ? DARK : LIGHT;
      const shown: Scale[] = [];
      if (measure === undefined) shown.push(trafficScale(speech, palette));
      else {
        if (streets) shown.push(emissionScale(speech, palette, measure, "street"));
        if (cellsShown) shown.push(emissionScale(speech, palette, measure, "cell"));
      }
      scales.replaceChildren(...shown.map(bar));
      const text = streets ? "key.note" : "key.note_cell";
      setText(note, measure === undefined || shown.length === 0 ? "" : speech.say(text));
      note.hidden = note.textContent === "";
    };
  },
};
