/**
 * The reader's own board: which panels, in which order, how wide. Arranged with buttons, so that it
 * needs no mouse, or by dragging; kept in the browser, and shared by its address.
 */

import { button, element } from "../dom";
import { texts } from "../i18n";
import type { Panel, PanelContext, PanelSize } from "../panels/panel";
import { PANEL_SIZES } from "../panels/panel";
import { reorder } from "../reorder";
import { dragHandle } from "./drag";
import { gliding } from "./gliding";
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
    drag: "Drag {panel} to another place",
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
    drag: "Vedä toiseen paikkaan: {panel}",
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
    drag: "Dra till en annan plats: {panel}",
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
    this.showEnds();
    const empty = element("p", { class: "quiet" }, say("empty"));
    empty.hidden = this.placed.length > 0;
    this.node.replaceChildren(bar, empty, this.page.node);
    this.page.update();
  }

  private tools({ panel, size }: Placed): HTMLElement {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const title = panel.title(speech);
    const move = (by: number, sign: string, key: "earlier" | "later"): HTMLButtonElement =>
      button({ "aria-label": say(key, { panel: title }), "data-move": key }, sign, () => {
        this.move(panel, this.placeOf(panel) + by);
        this.focus(panel.id, `[data-move=${key}]`);
      });
    const remove = button({ "aria-label": say("remove", { panel: title }) }, "×", () => {
      this.set(this.placed.filter((other) => other.panel !== panel));
      this.context().announce(say("removed", { panel: title }));
      this.node.querySelector<HTMLElement>("[data-testid=arrange]")?.focus();
    });
    return element(
      "div",
      { class: "panel-tools", role: "group", "aria-label": title },
      this.handle(panel),
      move(-1, "←", "earlier"),
      move(1, "→", "later"),
      this.sizeChoice(panel, size),
      remove,
    );
  }

  private handle(panel: Panel): HTMLElement {
    const { speech } = this.context();
    return dragHandle(speech.of(TEXTS)("drag", { panel: panel.title(speech) }), {
      board: this.node,
      panels: () => this.sections(),
      drop: (to) => this.move(panel, to),
    });
  }

  private sizeChoice(panel: Panel, chosen: PanelSize): HTMLElement {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const select = element("select", { "aria-label": say("size", { panel: panel.title(speech) }) });
    for (const value of PANEL_SIZES) {
      const option = element("option", { value }, say(value));
      option.selected = value === chosen;
      select.append(option);
    }
    select.addEventListener("change", () => {
      const size = PANEL_SIZES.find((value) => value === select.value) ?? chosen;
      this.arrange(
        this.placed.map((one) => (one.panel === panel ? { panel, size } : one)),
        panel,
      );
    });
    return select;
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

  private move(panel: Panel, to: number): void {
    const { speech, announce } = this.context();
    const moved = this.placed.filter((one) => one.panel === panel);
    const others = this.placed.filter((one) => one.panel !== panel);
    this.arrange([...others.slice(0, to), ...moved, ...others.slice(to)], panel);
    const count = String(this.placed.length);
    const place = { panel: panel.title(speech), n: String(to + 1), count };
    announce(speech.of(TEXTS)("moved", place));
  }

  /**
   * Puts the same panels into another order, or makes them wider; they stay as they are otherwise.
   *
   * @param panel the one that it is about, which stays in sight
   */
  private arrange(placed: readonly Placed[], panel: Panel): void {
    const sections = new Map(this.sections().map((one) => [one.dataset["panel"], one]));
    const ordered = placed.flatMap((one) => {
      const section = sections.get(one.panel.id);
      return section === undefined ? [] : [{ section, size: one.size }];
    });
    this.placed = placed;
    gliding([...sections.values()], () => {
      for (const { section, size } of ordered) section.dataset["size"] = size;
      reorder(
        this.page.node,
        ordered.map(({ section }) => section),
      );
      this.showEnds();
      sections.get(panel.id)?.querySelector(".panel-head")?.scrollIntoView({ block: "nearest" });
    });
    this.keep();
  }

  private reset(): void {
    this.set(readBoard(FIRST_BOARD));
    this.node.querySelector<HTMLElement>("[data-testid=arrange]")?.focus();
  }

  private set(placed: readonly Placed[]): void {
    this.placed = placed;
    this.build();
    this.keep();
  }

  private keep(): void {
    remember("board", this.written);
    this.changed();
  }

  private sections(): readonly HTMLElement[] {
    return [...this.page.node.querySelectorAll<HTMLElement>(":scope > .panel")];
  }

  private placeOf(panel: Panel): number {
    return this.placed.findIndex((one) => one.panel === panel);
  }

  /** The first goes no further forward, the last no further back. */
  private showEnds(): void {
    const sections = this.sections();
    const ends = { earlier: sections.at(0), later: sections.at(-1) };
    for (const [key, end] of Object.entries(ends)) {
      for (const section of sections) {
        const move = section.querySelector<HTMLButtonElement>(`[data-move=${key}]`);
        if (move !== null) move.disabled = section === end;
      }
    }
  }

  /** Keeps the focus on what was used; at the end of the row it goes to the next button. */
  private focus(panel: string, what: string): void {
    const section = this.node.querySelector(`[data-panel="${panel}"]`);
    const wanted = section?.querySelector<HTMLButtonElement>(`.panel-tools ${what}`);
    const usable = wanted?.disabled === true ? undefined : wanted;
    (usable ?? section?.querySelector<HTMLElement>(".panel-tools button:enabled"))?.focus();
  }
}
