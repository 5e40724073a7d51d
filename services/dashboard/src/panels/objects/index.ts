/** What is in view as a table: the map for those who do not see it, or have no mouse. */

import { button, element, setText } from "../../dom";
import { MAP_LAYERS, measureOf, shownLayer } from "../../map/layer";
import type { MapLayerName, Panel, PanelContext } from "../panel";
import type { Row, Rows, ShownEmission } from "./rows";
import { rowsOf } from "./rows";
import { TEXTS } from "./texts";

/** Layers that tell an emission while streets are coloured by one. */
const EMITTING: readonly MapLayerName[] = ["links", "areas", "districts"];

/** An interval stays on one line: word joiners on both sides of the dash. */
const UNBROKEN_DASH = "\u2060–\u2060";

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
    setText(this.state, row.state.replaceAll("–", UNBROKEN_DASH));
    setText(this.age, speech.span((nowMs ?? row.timeMs) - row.timeMs));
  }
}

/** Puts a line in its place. What has the focus stays, and the others go round it: a move would lose it. */
function put(rows: HTMLElement, node: HTMLElement, index: number): void {
  if (node.parentNode === rows && node.contains(document.activeElement)) {
    for (let there = rows.children[index]; there && there !== node; there = rows.children[index]) {
      rows.append(there);
    }
  } else if (rows.children[index] !== node) {
    rows.insertBefore(node, rows.children[index] ?? null);
  }
}

/** What the streets and areas are coloured by, when that is an emission. */
function shownEmission({ streetScale, picture }: PanelContext): ShownEmission | undefined {
  const measure = measureOf(streetScale);
  return (
    measure && {
      measure,
      links: picture.layer("link_emissions"),
      areas: picture.layer("area_emissions"),
    }
  );
}

/** What a layer is called in the control of layers. */
function layerName({ speech, streetScale }: PanelContext, layer: MapLayerName): string {
  const isEmission = layer === "areas" && measureOf(streetScale) !== undefined;
  return speech.say(isEmission ? "layers.cells" : `layers.${layer}`);
}

/** What the table is of, and in what order. */
function captionText(context: PanelContext, layer: MapLayerName): string {
  const say = context.speech.of(TEXTS);
  const isEmission = EMITTING.includes(layer) && measureOf(context.streetScale) !== undefined;
  const emissionOrder = layer === "links" ? "order_emission_street" : "order_emission_area";
  const order = say(isEmission ? emissionOrder : `order_${layer}`);
  return `${layerName(context, layer)}: ${order}`;
}

/** What is not in the table, and why. */
function noteText(context: PanelContext, layer: MapLayerName, { rows, total }: Rows): string {
  const { speech, inView, isShown, streetsHint } = context;
  const say = speech.of(TEXTS);
  const number = (count: number): string => speech.number(count);
  if (total === 0 && !isShown(layer)) return say("hidden");
  if (total === 0 && layer === "links" && streetsHint !== undefined) return speech.say(streetsHint);
  const more = total - rows.length;
  const unseen = layer === "links" ? inView.links.length - total : 0;
  const notes = [
    ...(total === 0 && unseen === 0 ? [speech.say("objects.none")] : []),
    ...(more > 0 ? [speech.say("objects.more", { count: number(more) })] : []),
    ...(unseen > 0 ? [say("unseen", { count: number(unseen) })] : []),
  ];
  return notes.join(" ");
}

export const objectsPanel: Panel = {
  id: "objects",
  title: (speech) => speech.say("objects.title"),
  place: "side",
  opensAtStart: false,
  mount(body, context) {
    const { speech } = context();
    const say = speech.of(TEXTS);
    let layer: MapLayerName = "vehicles";
    const lines = new Map<string, Line>();
    const choice = element("select", { name: "objects-layer" });
    const options = MAP_LAYERS.map((name) => {
      const option = element("option", { value: name });
      choice.append(option);
      return { name, option };
    });
    const chosen = element("span", { class: "quiet" }, say("choose"));
    const label = element("label", { class: "row" }, chosen, choice);
    const caption = element("caption", { class: "quiet" });
    const nameHead = element("th", { scope: "col" });
    const stateHead = element("th", { scope: "col" });
    const ageHead = element("th", { scope: "col" }, speech.say("objects.age"));
    const head = element("thead", {}, element("tr", {}, nameHead, stateHead, ageHead));
    const rows = element("tbody");
    const table = element("table", { class: "objects" }, caption, head, rows);
    const note = element("p", { class: "quiet" });
    body.append(element("p", { class: "quiet" }, speech.say("objects.hint")), label, table, note);
    const update = (): void => {
      const now = context();
      const emission = EMITTING.includes(layer) ? shownEmission(now) : undefined;
      const links = now.picture.layer("links");
      const listed = rowsOf(speech, layer, now.inView, now.nowMs ?? 0, links, emission);
      for (const { name, option } of options) setText(option, layerName(now, name));
      setText(caption, captionText(now, layer));
      setText(nameHead, say(`name_${layer}`));
      setText(stateHead, say(emission === undefined ? `state_${layer}` : "state_emission"));
      const left = new Set(lines.keys());
      for (const [index, row] of listed.rows.entries()) {
        const select = (): void => context().select({ layer: shownLayer(layer), id: row.id });
        const line = lines.get(row.id) ?? new Line(select);
        lines.set(row.id, line);
        left.delete(row.id);
        line.update(row, now);
        put(rows, line.node, index);
      }
      for (const id of left) {
        lines.get(id)?.node.remove();
        lines.delete(id);
      }
      table.hidden = listed.total === 0;
      setText(note, noteText(now, layer, listed));
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
