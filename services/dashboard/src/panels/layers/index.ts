/** What is drawn on the map, and how much of it is in view. */

import { element, setText } from "../../dom";
import { isCell } from "../../map/boundaries";
import { MAP_LAYERS, measureOf } from "../../map/layer";
import type { MapLayerName, Panel, PanelContext } from "../panel";

/** How many objects a layer draws in the view, were it shown. */
function countOf({ inView }: PanelContext, layer: MapLayerName): number {
  // Of areas, cells are a layer and districts another one; the rest has a panel.
  return layer === "areas" ? inView.areas.filter(isCell).length : inView[layer].length;
}

export const layersPanel: Panel = {
  id: "layers",
  title: (speech) => speech.say("layers.title"),
  place: "side",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const hint = element("p", { class: "quiet inset" });
    const rows = MAP_LAYERS.map((layer) => {
      const box = element("input", { type: "checkbox", name: layer });
      box.addEventListener("change", () => context().showLayer(layer, box.checked));
      const count = element("span", {
        class: "count",
        "data-testid": "count",
        "data-layer": layer,
      });
      const unit = element("span", { class: "quiet" }, speech.say("layers.in_view"));
      const name = element("span", { class: "grow" }, speech.say(`layers.${layer}`));
      body.append(element("label", { class: "row" }, box, name, count, unit));
      if (layer === "links") body.append(hint);
      return { layer, box, name, count, unit };
    });
    return () => {
      const now = context();
      const { streetsHint, streetScale, isShown } = now;
      const isEmission = measureOf(streetScale) !== undefined;
      for (const { layer, box, name, count, unit } of rows) {
        box.checked = isShown(layer);
        if (layer === "areas")
          setText(name, speech.say(isEmission ? "layers.cells" : "layers.areas"));
        // Weather is not asked for while it is hidden: how much there is is not known then.
        const known = layer !== "weather" || box.checked;
        setText(count, known ? speech.number(countOf(now, layer)) : "");
        unit.hidden = !known;
      }
      hint.hidden = streetsHint === undefined;
      setText(hint, streetsHint === undefined ? "" : speech.say(streetsHint));
    };
  },
};
