/**
 * The search box in the header. What finds and lists is loaded when the box first has the focus: the
 * page is smaller without it, and what is typed meanwhile stays in the box and is searched then.
 */

import { setText } from "../dom";
import type { Speech } from "../i18n";
import type { PanelContext } from "../panels/panel";
import { BOX_TEXTS } from "./box_texts";
import type { Finder } from "./finder";
import type { SearchActions } from "./go";
import { BoxParts } from "./parts";

export type { SearchActions } from "./go";

export class SearchBox {
  private readonly parts = new BoxParts();
  private finder: Finder | undefined;
  private loading = false;

  constructor(
    private readonly context: () => PanelContext,
    private readonly actions: SearchActions,
  ) {
    const { root, input, clear, list, popup } = this.parts;
    clear.hidden = popup.hidden = list.hidden = true;
    // Also after it could not be loaded: what is typed next tries again.
    for (const event of ["focus", "input"]) input.addEventListener(event, () => void this.load());
    // The page closes the card with it.
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.stopPropagation();
    });
  }

  /** Stays the same when the header is built anew. */
  get node(): HTMLElement {
    return this.parts.root;
  }

  /** Speaks the language of the reader from now on. */
  speak(speech: Speech): void {
    const say = speech.of(BOX_TEXTS);
    const { label, input, clear } = this.parts;
    setText(label, say("label"));
    input.placeholder = say("placeholder");
    clear.setAttribute("aria-label", say("clear"));
    this.finder?.refresh();
  }

  private async load(): Promise<void> {
    if (this.finder !== undefined || this.loading) return;
    this.loading = true;
    const { parts, context, actions } = this;
    try {
      const { Finder } = await import("./finder");
      this.finder = new Finder(parts, context, actions);
    } catch {
      const text = context().speech.of(BOX_TEXTS)("not_loaded");
      setText(parts.announcer, text);
      setText(parts.status, text);
      parts.popup.hidden = false;
    } finally {
      this.loading = false;
    }
  }
}
