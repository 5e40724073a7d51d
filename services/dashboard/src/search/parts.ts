/** The elements of the search box. */

import { button, element } from "../dom";

/** Made once; texts and results are put into them. */
export class BoxParts {
  readonly input = element("input", {
    id: "search-input",
    type: "text",
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": "search-list",
    "aria-expanded": "false",
    autocomplete: "off",
    enterkeyhint: "search",
    maxlength: "100",
    "data-testid": "search",
  });
  readonly label = element("label", { id: "search-label", for: "search-input", class: "unseen" });
  readonly clear = button({ id: "search-clear", class: "search-clear" }, "×", () => undefined);
  readonly list = element("div", { id: "search-list", class: "search-list", role: "listbox" });
  /** The same is said by `announcer`, which is there before it has something to say. */
  readonly status = element("p", { class: "search-status quiet", "aria-hidden": "true" });
  readonly popup = element("div", { class: "search-popup" }, this.list, this.status);
  readonly announcer = element("p", { class: "unseen", role: "status", "data-testid": "found" });
  readonly root = element(
    "div",
    { class: "search", role: "search" },
    this.label,
    this.input,
    this.clear,
    this.popup,
    this.announcer,
  );
}
