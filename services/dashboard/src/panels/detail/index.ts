/** The card of the selected object. */

import { button, element, setText } from "../../dom";
import { measureOf } from "../../map/layer";
import type { Panel, PanelContext } from "../panel";
import { CurveSection } from "./curves";
import { EmissionSection } from "./emission";
import { ExplainSection } from "./explain";
import type { Facts } from "./facts";
import { detectorFacts, situationFacts, vehicleFacts, vehicleTitle } from "./facts";
import { NowSection } from "./now";
import { stopNamesOf } from "./stop_names";
import { areaFacts, linkFacts, queueFacts } from "./streets";
import { weatherFacts } from "./weather";

function factsOf(context: PanelContext): Facts | undefined {
  const { speech, picture, selection, nowMs, city, source } = context;
  if (selection === undefined || nowMs === undefined) return undefined;
  const { layer, id } = selection;
  if (layer === "vehicles") {
    const vehicle = context.vehicle(id);
    if (vehicle === undefined) {
      // The rest of it is on its way.
      const part = picture.layer(layer).get(id);
      return part && { ...vehicleTitle(speech, part), sections: [] };
    }
    const names = stopNamesOf(source);
    void names.want(city.region, [vehicle.report.stop_id, vehicle.report.next_stop_id]);
    const stopName = (stop: string): string => names.get(city.region, stop) ?? stop;
    return vehicleFacts(speech, vehicle, nowMs, picture.layer("links"), stopName);
  }
  if (layer === "detectors") {
    const detector = picture.layer(layer).get(id);
    return detector && detectorFacts(speech, detector, nowMs);
  }
  if (layer === "situations") {
    const situation = picture.layer(layer).get(id);
    return situation && situationFacts(speech, situation, nowMs);
  }
  if (layer === "weather") {
    const weather = picture.layer(layer).get(id);
    return weather && weatherFacts(speech, weather, nowMs);
  }
  const situations = picture.layer("situations");
  if (layer === "links") {
    const link = picture.layer(layer).get(id);
    return link && linkFacts(speech, link, nowMs, situations);
  }
  if (layer === "queues") {
    const queue = picture.layer(layer).get(id);
    return queue && queueFacts(speech, queue, nowMs, picture.layer("links"), situations);
  }
  if (layer === "areas") {
    const area = picture.layer(layer).get(id);
    return area && areaFacts(speech, area, nowMs);
  }
  return undefined;
}

/** Writes facts into the list, touching only what changed. */
function write(host: HTMLElement, { sections }: Facts): void {
  const shape = JSON.stringify(sections.map(({ title, facts }) => [title, facts.map(([n]) => n)]));
  if (host.dataset["shape"] !== shape) {
    host.dataset["shape"] = shape;
    const nodes = sections
      .filter(({ facts }) => facts.length > 0)
      .map(({ title, facts }) => {
        const heading = title === undefined ? undefined : element("h3", {}, title);
        const cells = facts.flatMap(([name]) => [element("dt", {}, name), element("dd")]);
        return element("div", {}, heading, element("dl", { class: "facts" }, ...cells));
      });
    host.replaceChildren(...nodes);
  }
  const cells = host.querySelectorAll("dd");
  const values = sections.flatMap(({ facts }) => facts.map(([, value]) => value));
  for (const [index, cell] of cells.entries()) setText(cell, values[index] ?? "");
}

export const detailPanel: Panel = {
  id: "detail",
  title: (speech) => speech.say("detail.title"),
  place: "card",
  opensAtStart: true,
  needs: ({ selection }) => (selection?.layer === "areas" ? ["area_emissions"] : []),
  mount(body, context) {
    const { speech } = context();
    const title = element("h2", { "data-testid": "detail-title", tabindex: "-1" });
    const subtitle = element("p", { class: "quiet" });
    const close = button({ class: "close", "aria-label": speech.say("detail.close") }, "×", () =>
      context().select(undefined),
    );
    const head = element("div", { class: "card-head" }, element("div", {}, subtitle, title), close);
    const gone = element("p", { class: "error" }, speech.say("detail.gone"));
    const facts = element("div", { class: "card-facts" });
    const now = new NowSection(context);
    const curves = new CurveSection(context);
    const explain = new ExplainSection(context);
    const emission = new EmissionSection(context);
    const traffic = [now.node, curves.node, explain.node, facts];
    const rest = element(
      "div",
      // It scrolls, also for who has no mouse.
      {
        class: "card-body",
        tabindex: "0",
        role: "group",
        "aria-label": speech.say("detail.title"),
      },
      ...traffic,
      emission.node,
    );
    body.append(head, gone, rest);
    return () => {
      const seen = context();
      const known = factsOf(seen);
      gone.hidden = seen.selection === undefined || known !== undefined;
      rest.classList.toggle("stale", known === undefined);
      for (const section of [now, curves, explain, emission]) section.update();
      // What the map shows comes first.
      const isEmission = measureOf(seen.streetScale) !== undefined;
      const order = isEmission ? [emission.node, ...traffic] : [...traffic, emission.node];
      if (rest.firstElementChild !== order[0]) rest.replaceChildren(...order);
      if (known === undefined) return;
      setText(title, known.title);
      setText(subtitle, known.subtitle);
      write(facts, known);
    };
  },
};
