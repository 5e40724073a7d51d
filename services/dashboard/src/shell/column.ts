/**
 * Puts the panels on the page: folding sections in the column at the side, the card, and what is
 * always in a corner of the map.
 */

import { button, element } from "../dom";
import { PANELS } from "../panels";
import type { Mounted, Panel, PanelContext } from "../panels/panel";
import { recall, remember } from "./memory";

export class Column {
  readonly side: HTMLElement;
  readonly card: HTMLElement;
  readonly corner = element("div", { class: "corner" });
  private readonly mounted: Mounted[];

  /** @param folded called when a panel was opened or folded */
  constructor(
    private readonly context: () => PanelContext,
    private readonly folded: () => void,
  ) {
    const { speech } = context();
    this.side = element("aside", { id: "panels", "aria-label": speech.say("app.panels") });
    this.card = element("section", { class: "card", "aria-label": speech.say("detail.title") });
    this.card.hidden = true;
    const besideMap = PANELS.filter(({ place }) => place !== "page");
    this.mounted = besideMap.map((panel) => {
      if (panel.place === "side") return this.mountSide(panel);
      const host = panel.place === "card" ? this.card : this.corner;
      return this.mountOver(panel, host);
    });
  }

  /**
   * Panels that can be seen.
   *
   * @param sideShown whether the column at the side is shown at all
   */
  open(sideShown: boolean): readonly Mounted[] {
    return this.mounted.filter(
      ({ panel, isOpen }) => isOpen() && (panel.place !== "side" || sideShown),
    );
  }

  /**
   * Brings to date what can be seen.
   *
   * @param sideShown whether the column at the side is shown at all
   */
  update(sideShown: boolean): void {
    const closes = !this.card.hidden && this.context().selection === undefined;
    // What closes hears of it once, and asks for nothing more.
    if (closes) for (const { panel, update } of this.mounted) if (panel.place === "card") update();
    this.card.hidden = this.context().selection === undefined;
    for (const { update } of this.open(sideShown)) update();
  }

  private mountOver(panel: Panel, host: HTMLElement): Mounted {
    const update = panel.mount(host, this.context);
    return { panel, isOpen: () => !host.hidden, update };
  }

  private mountSide(panel: Panel): Mounted {
    const { speech } = this.context();
    const bodyId = `panel-${panel.id}`;
    const body = element("div", { class: "panel-body", id: bodyId });
    const fold = button({ "aria-controls": bodyId }, panel.title(speech), () =>
      unfold(body.hidden !== false),
    );
    const title = element("h2", {}, fold);
    const node = element("section", { class: "panel", "data-panel": panel.id }, title, body);
    const update = panel.mount(body, this.context);
    const unfold = (open: boolean): void => {
      body.hidden = !open;
      fold.setAttribute("aria-expanded", String(open));
      remember(bodyId, open ? "open" : "folded");
      if (open) update();
      this.folded();
    };
    const before = recall(bodyId);
    const open = before === undefined ? panel.opensAtStart : before === "open";
    body.hidden = !open;
    fold.setAttribute("aria-expanded", String(open));
    this.side.append(node);
    return { panel, isOpen: () => !body.hidden, update };
  }
}
