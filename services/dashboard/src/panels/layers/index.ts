/** What is drawn on the map, and how much of it is in view. */

import { element, setText } from "../../dom";
import { STREET_SCALES } from "../../map/layer";
import type { StreetScale } from "../../map/layer";
import type { MapLayerName, Panel, PanelContext } from "../panel";

const LAYERS: readonly MapLayerName[] = [
  "vehicles",
  "links",
  "queues",
  "situations",
  "detectors",
  "areas",
];

/** What the colour of a street says. */
function scaleChoice(context: () => PanelContext): HTMLElement {
  const { speech, streetScale } = context();
  const choice = element("select", { name: "street-scale" });
  for (const scale of STREET_SCALES) {
    const option = element("option", { value: scale }, speech.say(`scale.${scale}`));
    option.selected = scale === streetScale;
    choice.append(option);
  }
  choice.addEventListener("change", () => context().colourStreets(choice.value as StreetScale));
  const name = element("span", { class: "quiet" }, speech.say("streets.colour"));
  return element("label", { class: "row inset" }, name, choice);
}

export const layersPanel: Panel = {
  id: "layers",
  title: "layers.title",
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const hint = element("p", { class: "quiet inset" });
    const counts = LAYERS.map((layer) => {
      const box = element("input", { type: "checkbox", name: layer });
      box.checked = context().isShown(layer);
      box.addEventListener("change", () => context().showLayer(layer, box.checked));
      const count = element("span", {
        class: "count",
        "data-testid": "count",
        "data-layer": layer,
      });
      const unit = element("span", { class: "quiet" }, speech.say("layers.in_view"));
      const name = element("span", { class: "grow" }, speech.say(`layers.${layer}`));
      body.append(element("label", { class: "row" }, box, name, count, unit));
      if (layer === "links") body.append(scaleChoice(context), hint);
      return { layer, count };
    });
    return () => {
      const { inView, streetsHint } = context();
      for (const { layer, count } of counts) {
        const objects = inView[layer];
        // Of areas only the cells are drawn; the others have a panel.
        const drawn =
          layer === "areas" ? inView.areas.filter(({ kind }) => kind === "cell") : objects;
        setText(count, speech.number(drawn.length));
      }
      hint.hidden = streetsHint === undefined;
      setText(hint, streetsHint === undefined ? "" : speech.say(streetsHint));
    };
  },
};
