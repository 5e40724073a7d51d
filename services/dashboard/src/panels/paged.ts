/** A table of what the server has, newest first and a page at a time, with all that is said around it. */

import { button, element, setText } from "../dom";
import type { Say, Speech } from "../i18n";
import type { ServerProblem, Told } from "../problem_words";
import { setTold, toldProblem } from "../problem_words";
import { reorder } from "../reorder";
import type { Source } from "../stream/source";
import type { Page } from "./pages";
import { Pages } from "./pages";
import type { PanelContext } from "./panel";
import { TEXTS } from "./paged_texts";

/** HTTP's Not Found. */
const NOT_FOUND = 404;
const NOTHING: Told = { text: "", own: "" };
/** Older than this, a time of day alone would mislead. */
const DATED_AFTER_MS = 12 * 3_600_000;

/** One thing of a page, by its offset. */
export interface Listed {
  readonly offset: number;
}

/** A row that is kept while its thing is listed, so that the focus and an open fold stay. */
export interface PagedRow {
  readonly node: HTMLElement;
  /** @param nowMs the server's time, where it is known */
  update(context: PanelContext, nowMs: number | undefined): void;
}

/** What a table says of its own; all is asked for anew, since it may depend on what is chosen. */
export interface PagedWords {
  readonly how: string;
  readonly list: string;
  readonly pages: string;
  /** Why it cannot be had, and that this server has none of a city. */
  readonly failed: string;
  missing(city: string): string;
  of(city: string): string;
  page(number: string, count: string): string;
  newest(count: string): string;
  /** Of a page with nothing on it, where there is something to say of it. */
  none(page: number, hasOlder: boolean): string | undefined;
}

/** Texts that every such table has of its own. */
type OwnText =
  "how" | "list" | "pages" | "page" | "page_first" | "of" | "failed" | "failed_missing";

/** The words of a table from its texts. */
export function pagedWords(say: Say<OwnText>, none: PagedWords["none"]): PagedWords {
  return {
    how: say("how"),
    list: say("list"),
    pages: say("pages"),
    failed: say("failed"),
    missing: (city) => say("failed_missing", { city }),
    of: (city) => say("of", { city }),
    page: (page, count) => say("page", { page, count }),
    newest: (count) => say("page_first", { count }),
    none,
  };
}

export interface PagedOptions<P extends Page, T extends Listed> {
  readonly words: PagedWords;
  /** Names of the columns. */
  readonly heads: readonly string[];
  /** What tests find its state by. */
  readonly testId: string;
  /** What chooses among them. */
  readonly choice?: HTMLElement;
  parse(answer: unknown): P | undefined;
  listed(page: P): readonly T[];
  row(one: T): PagedRow;
}

/** Why there is nothing new, in words. */
export function failureText(
  speech: Speech,
  failure: ServerProblem,
  words: Pick<PagedWords, "failed" | "missing">,
  city: string,
): Told {
  // A replay has none: that is how it is, and no fault.
  if (failure.status === NOT_FOUND) return { text: words.missing(city), own: "" };
  const { text, own } = toldProblem(speech, failure, words.failed);
  return { text: `${text} ${speech.of(TEXTS)("again")}`, own };
}

/** A time that is of today, or has its date. */
export function timeText(speech: Speech, timeMs: number, nowMs: number): string {
  return nowMs - timeMs > DATED_AFTER_MS ? speech.date(timeMs) : speech.time(timeMs);
}

/** A button that does nothing now keeps the focus: to disable it would take that away. */
function setUsable(node: HTMLElement, isUsable: boolean): void {
  node.setAttribute("aria-disabled", String(!isUsable));
}

export class PagedTable<P extends Page, T extends Listed> {
  private readonly pages: Pages<P>;
  private readonly say: Say<keyof (typeof TEXTS)["en"]>;
  private readonly rows = new Map<number, PagedRow>();
  private readonly of = element("p", { class: "quiet" });
  private readonly newest: HTMLButtonElement;
  private readonly newer: HTMLButtonElement;
  private readonly older: HTMLButtonElement;
  private readonly turning: HTMLElement;
  private readonly state: HTMLElement;
  private readonly askedAt = element("p", { class: "quiet" });
  private readonly error = element("p", { class: "error", role: "alert" });
  private readonly table: HTMLElement;
  private readonly scroll: HTMLElement;
  /** Server's time at which what is shown was there. */
  private cameMs: number | undefined;
  private shownPage: P | undefined;

  constructor(
    body: HTMLElement,
    private readonly context: () => PanelContext,
    private readonly options: PagedOptions<P, T>,
  ) {
    const { words, heads, testId, choice } = options;
    const say = context().speech.of(TEXTS);
    this.say = say;
    this.pages = new Pages(
      () => performance.now(),
      () => this.write(),
      (answer) => options.parse(answer),
    );
    this.newest = button({}, say("newest"), () => this.pages.newest());
    this.newer = button({}, say("newer"), () => this.pages.newer());
    this.older = button({}, say("older"), () => this.pages.older());
    const refresh = button({}, say("refresh"), () => this.pages.refresh());
    this.state = element("p", { class: "quiet", role: "status", "data-testid": testId });
    const columns = heads.map((head) => element("th", { scope: "col" }, head));
    this.table = element(
      "table",
      { class: "listing" },
      element("thead", {}, element("tr", {}, ...columns)),
    );
    this.scroll = element(
      "div",
      { class: "ledger-scroll", role: "region", tabindex: "0", "aria-label": words.list },
      this.table,
    );
    this.turning = element(
      "div",
      { class: "listing-turn", role: "group", "aria-label": words.pages },
      this.newest,
      this.newer,
      this.older,
    );
    const head = element("div", { class: "listing-head" }, choice, refresh, this.turning);
    head.append(this.state, this.askedAt);
    const how = element("p", { class: "quiet" }, words.how);
    body.append(how, this.of, head, this.error, this.scroll);
  }

  /** Asks for what is wanted now, when it is time; called each second. */
  want(source: Pick<Source, "get">, path: string): void {
    setText(this.of, this.options.words.of(this.context().city.name));
    if (!document.hidden) this.pages.want({ source, path });
    this.write();
  }

  private write(): void {
    const context = this.context();
    const { nowMs, speech } = context;
    const { say, pages } = this;
    const { page, failure } = pages;
    if (page !== this.shownPage) this.cameMs = undefined;
    // An answer may come before the stream has told the time.
    if (page !== undefined) this.cameMs ??= nowMs;
    this.shownPage = page;
    const listed = page === undefined ? [] : this.options.listed(page);
    const offsets = new Set(listed.map(({ offset }) => offset));
    for (const [offset, row] of this.rows) {
      if (offsets.has(offset)) continue;
      row.node.remove();
      this.rows.delete(offset);
    }
    for (const one of listed) {
      const row = this.rows.get(one.offset) ?? this.options.row(one);
      this.rows.set(one.offset, row);
      row.update(context, nowMs);
    }
    reorder(
      this.table,
      listed.flatMap(({ offset }) => this.rows.get(offset)?.node ?? []),
    );
    this.scroll.hidden = listed.length === 0;
    setText(this.state, this.stateText(page, listed.length));
    const time = this.cameMs === undefined ? "" : speech.time(this.cameMs);
    const isAgain = pages.number === 1 && failure === undefined;
    const asked = isAgain ? "asked_again" : "asked";
    setText(this.askedAt, time === "" ? "" : say(asked, { time }));
    setTold(this.error, failure === undefined ? NOTHING : this.whyText(failure, time));
    for (const one of [this.newest, this.newer]) setUsable(one, pages.number > 1);
    setUsable(this.older, pages.hasOlder);
    this.turning.hidden = pages.number === 1 && !pages.hasOlder;
  }

  /** What is shown, in words. */
  private stateText(page: P | undefined, count: number): string {
    const { pages, say } = this;
    const { words } = this.options;
    const { speech } = this.context();
    if (page === undefined) return pages.isAsking ? say("asking") : "";
    if (count === 0) return words.none(pages.number, pages.hasOlder) ?? say("none_older");
    const counted = speech.number(count);
    if (pages.number === 1) return words.newest(counted);
    return words.page(speech.number(pages.number), counted);
  }

  /** Why nothing newer came, and of when what is still shown is. */
  private whyText(failure: ServerProblem, time: string): Told {
    const { speech, city } = this.context();
    const { text, own } = failureText(speech, failure, this.options.words, city.name);
    const isKept = this.pages.page !== undefined && time !== "";
    return { text: isKept ? `${text} ${this.say("kept", { time })}` : text, own };
  }
}
