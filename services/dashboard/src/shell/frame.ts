/** The skeleton of the page; header, card and panels are put into it for each language. */

import { button, element, setText } from "../dom";
import type { Speech } from "../i18n";

export class Frame {
  readonly map = element("div", { id: "map", tabindex: "-1" });
  private readonly skip = element("a", { class: "skip", href: "#map" });
  private readonly notice = element("p", {
    class: "notice",
    role: "status",
    "data-testid": "notice",
  });
  private readonly thanks = element("p", { class: "thanks" });
  private readonly announcer = element("p", { class: "unseen", "aria-live": "polite" });
  private readonly stage = element("main");
  private readonly root: HTMLElement;

  constructor(host: HTMLElement) {
    this.root = element("div", { class: "page" });
    this.notice.hidden = true;
    host.replaceChildren(this.skip, this.root, this.announcer);
    this.skip.addEventListener("click", (event) => {
      // The address holds the view; a jump must not overwrite it.
      event.preventDefault();
      (this.map.querySelector("canvas") ?? this.map).focus();
    });
  }

  /** Puts in the parts that speak a language. */
  fill(
    speech: Speech,
    parts: { header: HTMLElement; card: HTMLElement; side: HTMLElement; corner: HTMLElement },
    zoomBy: (steps: number) => void,
  ): void {
    document.documentElement.lang = speech.language;
    document.title = speech.say("app.title");
    setText(this.skip, speech.say("app.skip"));
    const zoom = element(
      "div",
      { class: "zoom" },
      button({ "aria-label": speech.say("app.zoom_in") }, "+", () => zoomBy(1)),
      button({ "aria-label": speech.say("app.zoom_out") }, "−", () => zoomBy(-1)),
    );
    const { header, card, side, corner } = parts;
    this.stage.replaceChildren(this.map, zoom, this.thanks, this.notice, card, corner);
    this.root.replaceChildren(header, this.stage, side);
  }

  showPanels(shown: boolean): void {
    this.root.classList.toggle("no-panels", !shown);
  }

  /** Greys the picture while it must not be taken for the present. */
  showStale(stale: boolean): void {
    this.root.classList.toggle("stale-picture", stale);
  }

  say(notice: string | undefined): void {
    this.notice.hidden = notice === undefined;
    setText(this.notice, notice ?? "");
  }

  /** Whom the data is from; its licences ask for that. */
  thank(text: string): void {
    setText(this.thanks, text);
  }

  announce(text: string): void {
    setText(this.announcer, text);
  }
}
