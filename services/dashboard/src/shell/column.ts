/** Puts the panels on the page: folding sections in the column at the side, and the card. */

import { button, element } from "../dom";
import { PANELS } from "../panels";
import type { Panel, PanelContext } from "../panels/panel";
import { recall, remember } from "./memory";

interface Mounted {
  panel: Panel;
  node: HTMLElement;
  isOpen: () => boolean;
  update: () => void;
}

export class Column {
  readonly side: HTMLElement;
  readonly card: HTMLElement;
  private readonly mounted: Mounted[];

  constructor(private readonly context: () => PanelContext) {
    const { speech } = context();
    this.side = element("aside", { id: "panels", "aria-label": speech.say("app.panels") });
    this.card = element("section", { class: "card", "aria-label": speech.say("detail.title") });
    this.card.hidden = true;
    this.mounted = PANELS.map((panel) =>
      panel.place === "card" ? this.mountCard(panel) : this.mountSide(panel),
    );
  }

  /** Brings to date what can be seen. */
  update(): void {
    this.card.hidden = this.context().selection === undefined;
    for (const { isOpen, update } of this.mounted) if (isOpen()) update();
  }

  private mountCard(panel: Panel): Mounted {
    const update = panel.mount(this.card, this.context);
    return { panel, node: this.card, isOpen: () => !this.card.hidden, update };
  }

  private mountSide(panel: Panel): Mounted {
    const { speech } = this.context();
    const bodyId = `panel-${panel.id}`;
    const body = element("div", { class: "panel-body", id: bodyId });
    const fold = button({ "aria-controls": bodyId }, speech.say(panel.title), () =>
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
    };
    const before = recall(bodyId);
    const open = before === undefined ? panel.opensAtStart : before === "open";
    body.hidden = !open;
    fold.setAttribute("aria-expanded", String(open));
    this.side.append(node);
    return { panel, node, isOpen: () => !body.hidden, update };
  }
}
