/** A page of panels side by side. */

import { element } from "../dom";
import type { Mounted, PanelContext } from "../panels/panel";
import type { Placed } from "./views";

export class Page {
  readonly node: HTMLElement;
  private readonly mounted: readonly Mounted[];

  /** @param tools makes what stands beside the title of a panel, such as buttons to move it */
  constructor(
    placed: readonly Placed[],
    context: () => PanelContext,
    tools?: (placed: Placed) => HTMLElement,
  ) {
    const { speech } = context();
    this.node = element("div", { class: "panels" });
    this.mounted = placed.map((one) => {
      const { panel, size } = one;
      const id = `page-${panel.id}`;
      const title = element("h2", { id, tabindex: "-1" }, panel.title(speech));
      const head = element("div", { class: "panel-head" }, title, tools?.(one));
      const body = element("div", { class: "panel-body" });
      const attributes = { class: "panel", "data-panel": panel.id, "data-size": size };
      this.node.append(element("section", { ...attributes, "aria-labelledby": id }, head, body));
      return { panel, isOpen: () => true, update: panel.mount(body, context) };
    });
  }

  open(): readonly Mounted[] {
    return this.mounted;
  }

  update(): void {
    for (const { update } of this.mounted) update();
  }
}
