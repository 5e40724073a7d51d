/**
 * The reader's own board: which panels, in which order, how wide. Arranged with buttons, so that it
 * needs no mouse; kept in the browser, and shared by its address.
 */

import { button, element } from "../dom";
import { texts } from "../i18n";
import type { PanelContext } from "../panels/panel";
import { PANEL_SIZES } from "../panels/panel";
import { recall, remember } from "./memory";
import { Page } from "./page";
import type { Placed } from "./views";
import { FIRST_BOARD, boardPanels, readBoard, writeBoard } from "./views";

const TEXTS = texts({
  en: {
    arrange: "Arrange",
    done: "Done",
    wall: "Full screen",
    reset: "As it was at first",
    add: "Add a panel",
    add_choose: "Choose a panel…",
    earlier: "Move {panel} forward",
    later: "Move {panel} back",
    size: "Width of {panel}",
    remove: "Remove {panel}",
    third: "a third",
    wide: "two thirds",
    full: "full width",
    moved: "{panel} is now number {n} of {count}.",
    removed: "{panel} was removed.",
    added: "{panel} was added.",
    empty: "This board is empty. Choose “Arrange” and add panels.",
  },
  fi: {
    arrange: "Järjestä",
    done: "Valmis",
    wall: "Koko näyttö",
    reset: "Palauta alkuperäinen",
    add: "Lisää paneeli",
    add_choose: "Valitse paneeli…",
    earlier: "Siirrä eteenpäin: {panel}",
    later: "Siirrä taaksepäin: {panel}",
    size: "Leveys: {panel}",
    remove: "Poista: {panel}",
    third: "kolmannes",
    wide: "kaksi kolmannesta",
    full: "koko leveys",
    moved: "{panel} on nyt {n}. paneeli, kaikkiaan {count}.",
    removed: "{panel} poistettiin.",
    added: "{panel} lisättiin.",
    empty: "Tämä taulu on tyhjä. Valitse ”Järjestä” ja lisää paneeleja.",
  },
  sv: {
    arrange: "Ordna",
    done: "Klar",
    wall: "Helskärm",
    reset: "Återställ",
    add: "Lägg till en panel",
    add_choose: "Välj en panel…",
    earlier: "Flytta framåt: {panel}",
    later: "Flytta bakåt: {panel}",
    size: "Bredd: {panel}",
    remove: "Ta bort: {panel}",
    third: "en tredjedel",
    wide: "två tredjedelar",
    full: "hela bredden",
    moved: "{panel} är nu nummer {n} av {count}.",
    removed: "{panel} togs bort.",
    added: "{panel} lades till.",
    empty: "Tavlan är tom. Välj ”Ordna” och lägg till paneler.",
  },
});

export class Board {
  readonly node = element("div", { class: "board" });
  private placed: readonly Placed[];
  private page!: Page;
  private arranging = false;

  /**
   * @param shared a board of an address, which goes before the reader's own but does not replace it
   * @param changed called when other panels are on it
   */
  constructor(
    shared: string | undefined,
    private readonly context: () => PanelContext,
    private readonly changed: () => void,
  ) {
    this.placed = readBoard(shared ?? recall("board") ?? FIRST_BOARD);
    this.build();
  }

  /** For the address. */
  get written(): string {
    return writeBoard(this.placed);
  }

  open(): ReturnType<Page["open"]> {
    return this.page.open();
  }

  update(): void {
    this.page.update();
  }

  private build(): void {
    const say = this.context().speech.of(TEXTS);
    const arrange = button(
      { "aria-pressed": String(this.arranging), "data-testid": "arrange" },
      say(this.arranging ? "done" : "arrange"),
      () => {
        this.arranging = !this.arranging;
        this.build();
        this.node.querySelector<HTMLElement>("[data-testid=arrange]")?.focus();
      },
    );
    const bar = element("div", { class: "board-bar" }, arrange);
    if (this.arranging)
      bar.append(
        this.adder(),
        button({}, say("reset"), () => this.reset()),
      );
    if (document.fullscreenEnabled) {
      // The whole page, whose head says what is shown and how old it is; what is on it may be built anew.
      const wall = (): Promise<void> => document.documentElement.requestFullscreen();
      bar.append(button({}, say("wall"), () => void wall().catch(() => undefined)));
    }
    const tools = this.arranging ? (one: Placed) => this.tools(one) : undefined;
    this.page = new Page(this.placed, this.context, tools);
    const empty = element("p", { class: "quiet" }, say("empty"));
    empty.hidden = this.placed.length > 0;
    this.node.replaceChildren(bar, empty, this.page.node);
    this.page.update();
  }

  private tools(one: Placed): HTMLElement {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const panel = one.panel.title(speech);
    const index = this.placed.indexOf(one);
    const move = (by: number, sign: string, key: "earlier" | "later"): HTMLButtonElement => {
      const made = button({ "aria-label": say(key, { panel }), "data-move": key }, sign, () =>
        this.move(one, index + by),
      );
      made.disabled = this.placed[index + by] === undefined;
      return made;
    };
    const size = element("select", { "aria-label": say("size", { panel }) });
    for (const value of PANEL_SIZES) {
      const option = element("option", { value }, say(value));
      option.selected = value === one.size;
      size.append(option);
    }
    size.addEventListener("change", () => {
      const wanted = PANEL_SIZES.find((value) => value === size.value) ?? one.size;
      this.set(this.placed.map((other) => (other === one ? { ...one, size: wanted } : other)));
      this.focus(one.panel.id, "select");
    });
    const remove = button({ "aria-label": say("remove", { panel }) }, "×", () => {
      this.set(this.placed.filter((other) => other !== one));
      this.context().announce(say("removed", { panel }));
      this.node.querySelector<HTMLElement>("[data-testid=arrange]")?.focus();
    });
    return element(
      "div",
      { class: "panel-tools", role: "group", "aria-label": panel },
      move(-1, "←", "earlier"),
      move(1, "→", "later"),
      size,
      remove,
    );
  }

  private adder(): HTMLElement {
    const { speech, announce } = this.context();
    const say = speech.of(TEXTS);
    const select = element("select", { "aria-label": say("add") });
    select.append(element("option", { value: "" }, say("add_choose")));
    for (const panel of boardPanels()) {
      if (this.placed.some((one) => one.panel === panel)) continue;
      select.append(element("option", { value: panel.id }, panel.title(speech)));
    }
    select.addEventListener("change", () => {
      const panel = boardPanels().find(({ id }) => id === select.value);
      if (panel?.size === undefined) return;
      this.set([...this.placed, { panel, size: panel.size }]);
      announce(say("added", { panel: panel.title(speech) }));
      this.focus(panel.id, "button");
    });
    return select;
  }

  private move(one: Placed, to: number): void {
    const { speech, announce } = this.context();
    const others = this.placed.filter((other) => other !== one);
    const back = to < this.placed.indexOf(one);
    this.set([...others.slice(0, to), one, ...others.slice(to)]);
    const panel = one.panel.title(speech);
    const place = { panel, n: String(to + 1), count: String(this.placed.length) };
    announce(speech.of(TEXTS)("moved", place));
    this.focus(one.panel.id, `[data-move=${back ? "earlier" : "later"}]`);
  }

  private reset(): void {
    this.set(readBoard(FIRST_BOARD));
    this.node.querySelector<HTMLElement>("[data-testid=arrange]")?.focus();
  }

  private set(placed: readonly Placed[]): void {
    this.placed = placed;
    remember("board", this.written);
    this.build();
    this.changed();
  }

  /** Keeps the focus on what was used; at the end of the row it goes to the next button. */
  private focus(panel: string, what: string): void {
    const section = this.node.querySelector(`[data-panel="${panel}"]`);
    const wanted = section?.querySelector<HTMLButtonElement>(`.panel-tools ${what}`);
    const usable = wanted?.disabled === true ? undefined : wanted;
    (usable ?? section?.querySelector<HTMLElement>(".panel-tools button:enabled"))?.focus();
  }
}
