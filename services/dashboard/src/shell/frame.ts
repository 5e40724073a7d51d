/** The skeleton of the page; header, card and panels are put into it for each language. */

import { button, element, setText } from "../dom";
import type { Speech } from "../i18n";
import type { Told } from "../problem_words";
import { setTold } from "../problem_words";

const NOTHING_TOLD: Told = { text: "", own: "" };
/** Of what was told, the last so many stay where a screen reader finds them. */
const ANNOUNCED_MAX = 5;

export class Frame {
  readonly map = element("div", { id: "map", tabindex: "-1" });
  /** A second map, while two moments stand side by side. */
  readonly beside = element("div", { class: "beside", tabindex: "-1" });
  /** What is said of two moments, over the maps. */
  readonly over = element("div", { class: "over" });
  private readonly skip = element("a", { class: "skip", href: "#map" });
  /** It lies on the map, where not everybody is: what it says is announced as well. */
  private readonly notice = element("p", { class: "notice", "data-testid": "notice" });
  private readonly thanks = element("p", { class: "thanks" });
  private readonly announcer = element("div", {
    class: "unseen",
    "aria-live": "polite",
    "data-testid": "announced",
  });
  /** The map with what lies over it. */
  readonly stage = element("div", { class: "stage" });
  private readonly main = element("main", { tabindex: "-1" });
  private readonly root: HTMLElement;

  constructor(host: HTMLElement) {
    this.root = element("div", { class: "page" });
    this.notice.hidden = true;
    // The map is made before the rest is there, and must know its size.
    this.stage.append(this.map);
    this.main.append(this.stage);
    this.root.append(this.main);
    host.replaceChildren(this.skip, this.root, this.announcer);
    this.skip.addEventListener("click", (event) => {
      // The address holds the view; a jump must not overwrite it.
      event.preventDefault();
      // Where the map is not there yet, it takes the focus from its place once it is.
      const map = this.map.querySelector("canvas") ?? this.map;
      (this.stage.inert ? this.main : map).focus();
    });
  }

  /** Puts in the parts that speak a language. */
  fill(
    speech: Speech,
    parts: {
      header: HTMLElement;
      card: HTMLElement;
      side: HTMLElement;
      corner: HTMLElement;
      time: HTMLElement;
    },
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
    const { header, card, side, corner, time } = parts;
    const { map, beside, over, thanks, notice } = this;
    this.stage.replaceChildren(map, beside, zoom, thanks, notice, card, corner, over);
    this.root.replaceChildren(header, this.main, time, side);
  }

  /**
   * Shows the map, or a page of panels. Under a page the map keeps its place and size, unseen and out
   * of reach: it is there at once when it is wanted again, and a panel may have taken it.
   */
  showPage(page: HTMLElement | undefined): void {
    const taken = page?.contains(this.stage) === true;
    if (!taken && this.stage.parentElement !== this.main) this.main.prepend(this.stage);
    this.stage.classList.toggle("covered", page !== undefined && !taken);
    this.stage.inert = page !== undefined && !taken;
    for (const child of [...this.main.children]) {
      if (child !== page && child !== this.stage) child.remove();
    }
    if (page !== undefined && page.parentElement !== this.main) this.main.append(page);
    this.root.classList.toggle("paged", page !== undefined);
  }

  showPanels(shown: boolean): void {
    this.root.classList.toggle("no-panels", !shown);
  }

  /** Greys the picture while it must not be taken for the present. */
  showStale(stale: boolean): void {
    this.root.classList.toggle("stale-picture", stale);
  }

  /** Two maps side by side, or streets that show differences. */
  mark(kind: "sided" | "differing", on: boolean): void {
    this.stage.classList.toggle(kind, on);
  }

  say(notice: Told | undefined): void {
    const before = this.notice.textContent;
    this.notice.hidden = notice === undefined;
    setTold(this.notice, notice ?? NOTHING_TOLD);
    if (notice !== undefined && this.notice.textContent !== before) this.tell(notice);
  }

  /** Whom the data is from; its licences ask for that. */
  thank(text: string): void {
    setText(this.thanks, text);
  }

  announce(text: string): void {
    this.tell({ text, own: "" });
  }

  /** Each in its own place: what is told next, even in the same words, does not take it. */
  private tell(told: Told): void {
    const line = element("p");
    setTold(line, told);
    this.announcer.append(line);
    while (this.announcer.childElementCount > ANNOUNCED_MAX) this.announcer.firstChild?.remove();
  }
}
