/** What is drawn on the map, and how much of it is in view. */

import { element, setText } from "../../dom";
import { measureOf } from "../../map/layer";
import type { MapLayerName, Panel } from "../panel";

const LAYERS: readonly MapLayerName[] = [
  "vehicles",
  "links",
  "queues",
  "situations",
  "detectors",
  "areas",
];

export const layersPanel: Panel = {
  id: "layers",
  title: "layers.title",
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const hint = element("p", { class: "quiet inset" });
    let cells: HTMLElement | undefined;
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
      if (layer === "areas") cells = name;
      body.append(element("label", { class: "row" }, box, name, count, unit));
      if (layer === "links") body.append(hint);
      return { layer, count };
    });
    return () => {
      const { inView, streetsHint, streetScale } = context();
      const byTraffic = measureOf(streetScale) === undefined;
      if (cells !== undefined) {
        setText(cells, speech.say(byTraffic ? "layers.areas" : "layers.cells"));
      }
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
