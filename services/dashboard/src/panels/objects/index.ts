/** What is in view as a table: the map for those who do not see it, or have no mouse. */

import { button, element, setText } from "../../dom";
import { measureOf } from "../../map/layer";
import type { MapLayerName, Panel, PanelContext } from "../panel";
import type { Row } from "./rows";
import { rowsOf } from "./rows";

const LAYERS: readonly MapLayerName[] = [
  "vehicles",
  "links",
  "queues",
  "situations",
  "detectors",
  "areas",
];
/** A longer table helps nobody, and would cost each second. */
const MAX_ROWS = 60;

/** One line of the table, kept while its object is in view so that the focus stays where it is. */
class Line {
  readonly node: HTMLTableRowElement;
  private readonly open: HTMLButtonElement;
  private readonly state = element("td");
  private readonly age = element("td", { class: "number" });

  constructor(select: () => void) {
    this.open = button({ class: "link" }, "", select);
    const name = element("th", { scope: "row" }, this.open);
    this.node = element("tr", {}, name, this.state, this.age);
  }

  update(row: Row, { speech, nowMs }: PanelContext): void {
    setText(this.open, row.name);
    setText(this.state, row.state);
    setText(this.age, speech.span((nowMs ?? row.timeMs) - row.timeMs));
  }
}

export const objectsPanel: Panel = {
  id: "objects",
  title: "objects.title",
  place: "side",
  opensAtStart: false,
  mount(body, context) {
    const { speech } = context();
    let layer: MapLayerName = "vehicles";
    const lines = new Map<string, Line>();
    const choice = element("select", { "aria-label": speech.say("layers.title") });
    for (const name of LAYERS) {
      choice.append(element("option", { value: name }, speech.say(`layers.${name}`)));
    }
    const heads = (["objects.name", "objects.state", "objects.age"] as const).map((key) =>
      element("th", { scope: "col" }, speech.say(key)),
    );
    const rows = element("tbody");
    const note = element("p", { class: "quiet" });
    body.append(
      element("p", { class: "quiet" }, speech.say("objects.hint")),
      choice,
      element("table", {}, element("thead", {}, element("tr", {}, ...heads)), rows),
      note,
    );
    const update = (): void => {
      const now = context();
      const links = now.picture.layer("links");
      const measure = measureOf(now.streetScale);
      const emissions = now.picture.layer("link_emissions");
      const emission = measure && { measure, links: emissions };
      const rowsInView = rowsOf(speech, layer, now.inView, now.nowMs ?? 0, links, emission);
      const shown = rowsInView.slice(0, MAX_ROWS);
      const left = new Set(lines.keys());
      for (const [index, row] of shown.entries()) {
        const known = lines.get(row.id);
        const line = known ?? new Line(() => context().select({ layer, id: row.id }));
        lines.set(row.id, line);
        left.delete(row.id);
        line.update(row, now);
        if (rows.children[index] !== line.node)
          rows.insertBefore(line.node, rows.children[index] ?? null);
      }
      for (const id of left) {
        lines.get(id)?.node.remove();
        lines.delete(id);
      }
      const total = now.inView[layer].length;
      const more = speech.number(total - shown.length);
      const rest = total > shown.length ? speech.say("objects.more", { count: more }) : "";
      setText(note, total === 0 ? speech.say("objects.none") : rest);
    };
    choice.addEventListener("change", () => {
      layer = choice.value as MapLayerName;
      rows.replaceChildren();
      lines.clear();
      update();
    });
    return update;
  },
};
