/** What is drawn on the map, and how much of it is in view. */

import { element, setText } from "../../dom";
import type { MapLayerName, Panel } from "../panel";

const LAYERS: readonly MapLayerName[] = ["vehicles", "detectors", "situations"];

export const layersPanel: Panel = {
  id: "layers",
  title: "layers.title",
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
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
      return { layer, count };
    });
    return () => {
      const { inView } = context();
      for (const { layer, count } of counts) setText(count, speech.number(inView[layer].length));
    };
  },
};
