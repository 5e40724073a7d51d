/** What could not be read or believed of what came, with the bytes as they came. */

import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { reorder } from "../../reorder";
import type { Source } from "../../stream/source";
import type { Panel, PanelContext } from "../panel";
import type { Failure } from "./pages";
import { Pages } from "./pages";
import { LetterRow } from "./row";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** HTTP's Not Found, Too Many Requests and Service Unavailable. */
const NOT_FOUND = 404;
const BUSY: readonly number[] = [429, 503];
/** Columns of the table, by the names of their heads. */
const HEADS = ["received", "feed", "outcome", "field", "detail", "source"] as const;

/** Why there is nothing new, in words. */
export function failureText(speech: Speech, { status, detail }: Failure, city: string): string {
  const say: Words = speech.of(TEXTS);
  if (status === 0) return say("failed_lost");
  if (BUSY.includes(status)) return say("failed_busy");
  return status === NOT_FOUND ? say("failed_missing", { city }) : say("failed", { detail });
}

/** The select of feeds: kept while it is the same, so that the focus stays. */
class FeedChoice {
  readonly select = element("select");
  readonly node: HTMLElement;
  private drawn = "";

  constructor(
    private readonly say: Words,
    changed: () => void,
  ) {
    this.node = element("label", {}, say("feed"), this.select);
    this.select.addEventListener("change", changed);
  }

  get feed(): string | undefined {
    return this.select.value === "" ? undefined : this.select.value;
  }

  update({ picture, labels, city, speech }: PanelContext): void {
    // Until the stream shows the region, its feeds are not known.
    const isThere = picture.region === city.region;
    const ids = isThere ? [...picture.layer("feeds").keys()] : [];
    const title = (id: string): string => labels.get(id)?.title ?? id;
    ids.sort((a, b) => title(a).localeCompare(title(b), speech.language));
    const options = [["", this.say("all")], ...ids.map((id) => [id, title(id)])];
    const look = JSON.stringify(options);
    if (look === this.drawn) return;
    this.drawn = look;
    const chosen = this.select.value;
    const nodes = options.map(([value = "", text = ""]) => element("option", { value }, text));
    this.select.replaceChildren(...nodes);
    this.select.value = ids.includes(chosen) ? chosen : "";
  }
}

/** A button that does nothing now keeps the focus: to disable it would take that away. */
function setUsable(node: HTMLElement, isUsable: boolean): void {
  node.setAttribute("aria-disabled", String(!isUsable));
}

export const deadLettersPanel: Panel = {
  id: "dead_letters",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "page",
  size: "full",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const say: Words = speech.of(TEXTS);
    let { source } = context();
    let pages = pagesOf(source);
    const rows = new Map<number, LetterRow>();
    /** Server's time at which what is shown was there. */
    let cameMs: number | undefined;
    let shownPage: unknown;

    const of = element("p", { class: "quiet" });
    const choice = new FeedChoice(say, () => update());
    const newest = button({}, say("newest"), () => pages.newest());
    const newer = button({}, say("newer"), () => pages.newer());
    const older = button({}, say("older"), () => pages.older());
    const refresh = button({}, say("refresh"), () => pages.refresh());
    const state = element("p", { class: "quiet", role: "status", "data-testid": "letters-state" });
    const askedAt = element("p", { class: "quiet" });
    const error = element("p", { class: "error", role: "alert" });
    const heads = HEADS.map((key) => element("th", { scope: "col" }, say(key)));
    const table = element(
      "table",
      { class: "letters" },
      element("thead", {}, element("tr", {}, ...heads)),
    );
    const scroll = element(
      "div",
      { class: "ledger-scroll", role: "region", tabindex: "0", "aria-label": say("list") },
      table,
    );
    const turning = element(
      "div",
      { class: "letters-turn", role: "group", "aria-label": say("pages") },
      newest,
      newer,
      older,
    );
    body.append(
      element("p", { class: "quiet" }, say("how")),
      of,
      element("div", { class: "letters-head" }, choice.node, refresh, turning, state, askedAt),
      error,
      scroll,
    );

    function pagesOf(asked: Source): Pages {
      const get = (path: string, signal: AbortSignal): Promise<unknown> => asked.get(path, signal);
      return new Pages(
        get,
        () => performance.now(),
        () => write(),
      );
    }

    /** The page looks at another moment: what was there at the one before goes. */
    function follow(other: Source): void {
      if (other === source) return;
      source = other;
      pages = pagesOf(other);
      for (const row of rows.values()) row.node.remove();
      rows.clear();
    }

    /** What is shown, in words. */
    function stateText(): string {
      const { page, number } = pages;
      if (page === undefined) return pages.isAsking ? say("asking") : "";
      const count = speech.number(page.letters.length);
      if (page.letters.length > 0) {
        const values = { page: speech.number(number), count };
        return say(number === 1 ? "page_first" : "page", values);
      }
      if (pages.hasOlder) return say("none_older");
      if (number > 1) return say("none_older_at_all");
      return say(choice.feed === undefined ? "none" : "none_of_feed");
    }

    function write(): void {
      const { nowMs, labels, city } = context();
      const { page, failure } = pages;
      if (page !== shownPage) cameMs = nowMs;
      shownPage = page;
      const letters = page?.letters ?? [];
      const offsets = new Set(letters.map(({ offset }) => offset));
      for (const [offset, row] of rows) {
        if (offsets.has(offset)) continue;
        row.node.remove();
        rows.delete(offset);
      }
      for (const letter of letters) {
        const row = rows.get(letter.offset) ?? new LetterRow(speech, letter);
        rows.set(letter.offset, row);
        row.update(labels.get(letter.feed), nowMs ?? letter.received_time_ms);
      }
      reorder(
        table,
        letters.flatMap(({ offset }) => rows.get(offset)?.node ?? []),
      );
      scroll.hidden = letters.length === 0;
      setText(state, stateText());
      const time = cameMs === undefined ? "" : speech.time(cameMs);
      const isAgain = pages.number === 1 && failure === undefined;
      setText(askedAt, time === "" ? "" : say(isAgain ? "asked_again" : "asked", { time }));
      const why = failure === undefined ? "" : failureText(speech, failure, city.name);
      const kept = why !== "" && page !== undefined && time !== "" ? say("kept", { time }) : "";
      setText(error, [why, kept].filter((text) => text !== "").join(" "));
      for (const one of [newest, newer]) setUsable(one, pages.number > 1);
      setUsable(older, pages.hasOlder);
      turning.hidden = pages.number === 1 && !pages.hasOlder;
    }

    function update(): void {
      const now = context();
      follow(now.source);
      choice.update(now);
      setText(of, say("of", { city: now.city.name }));
      if (!document.hidden) pages.want({ region: now.city.region, feed: choice.feed });
      write();
    }
    return update;
  },
};
