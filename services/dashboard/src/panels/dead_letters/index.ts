/** What could not be read or believed of what came, with the bytes as they came. */

import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import type { ServerProblem, Told } from "../../problem_words";
import { setTold, toldProblem } from "../../problem_words";
import { reorder } from "../../reorder";
import type { Panel, PanelContext } from "../panel";
import { Pages } from "./pages";
import { LetterRow } from "./row";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** HTTP's Not Found. */
const NOT_FOUND = 404;
const NOTHING: Told = { text: "", own: "" };
/** Columns of the table, by the names of their heads. */
const HEADS = ["received", "feed", "outcome", "field", "detail", "source"] as const;

/** Why there is nothing new, in words. */
export function failureText(speech: Speech, failure: ServerProblem, city: string): Told {
  const say: Words = speech.of(TEXTS);
  // A replay has none: that is how it is, and no fault.
  if (failure.status === NOT_FOUND) return { text: say("failed_missing", { city }), own: "" };
  const { text, own } = toldProblem(speech, failure, say("failed"));
  return { text: `${text} ${say("again")}`, own };
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
    const pages = new Pages(
      () => performance.now(),
      () => write(),
    );
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

    /** Why nothing newer came, and of when what is still shown is. */
    function whyText(failure: ServerProblem, time: string): Told {
      const { text, own } = failureText(speech, failure, context().city.name);
      const isKept = pages.page !== undefined && time !== "";
      return { text: isKept ? `${text} ${say("kept", { time })}` : text, own };
    }

    function write(): void {
      const { nowMs, labels } = context();
      const { page, failure } = pages;
      if (page !== shownPage) cameMs = page === undefined ? undefined : nowMs;
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
      setTold(error, failure === undefined ? NOTHING : whyText(failure, time));
      for (const one of [newest, newer]) setUsable(one, pages.number > 1);
      setUsable(older, pages.hasOlder);
      turning.hidden = pages.number === 1 && !pages.hasOlder;
    }

    function update(): void {
      const now = context();
      const { source, city } = now;
      choice.update(now);
      setText(of, say("of", { city: city.name }));
      if (!document.hidden) pages.want({ source, region: city.region, feed: choice.feed });
      write();
    }
    return update;
  },
};
