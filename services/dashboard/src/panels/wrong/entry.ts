/** One trouble in the list, kept while it lives so that the focus and an open fold stay. */

import { button, element, setText } from "../../dom";
import type { Fact, Wording } from "./words";
import { reasons, told, whereText } from "./words";
import { levelOf } from "./severity";
import type { Trouble } from "./troubles";

export interface EntryActions {
  show(trouble: Trouble): void;
  /** Opens the card of what is explained. */
  explain(trouble: Trouble): void;
}

let entries = 0;

/** Writes facts into a list, touching the page only when they differ. */
function write(list: HTMLElement, facts: readonly Fact[]): void {
  const look = JSON.stringify(facts);
  if (list.dataset["look"] === look) return;
  list.dataset["look"] = look;
  const pairs = facts.map(([name, value, lang]) =>
    element("div", {}, element("dt", {}, name), element("dd", { lang }, value)),
  );
  list.replaceChildren(...pairs);
}

export class Entry {
  readonly node: HTMLLIElement;
  private readonly level = element("span", { class: "wrong-level" });
  private readonly title = element("h3");
  private readonly where = element("span", { class: "wrong-where" });
  private readonly note = element("p", { class: "wrong-note" });
  private readonly figures = element("dl", { class: "wrong-figures" });
  private readonly when = element("p", { class: "quiet" });
  private readonly stale = element("p", { class: "wrong-stale" });
  private readonly show: HTMLButtonElement;
  private readonly explain: HTMLButtonElement;
  private readonly fold = element("dl", { class: "wrong-fold" });

  constructor(
    private wording: Wording,
    private trouble: Trouble,
    actions: EntryActions,
  ) {
    const { say } = wording;
    entries += 1;
    this.fold.id = `wrong-fold-${entries}`;
    this.fold.hidden = true;
    this.show = button({ class: "wrong-action" }, say("show"), () => actions.show(this.trouble));
    this.explain = button({ class: "wrong-action" }, say("explain"), () => {
      if (this.trouble.explained === undefined) this.unfold(this.fold.hidden !== false);
      else actions.explain(this.trouble);
    });
    const icon = element("span", { class: "wrong-icon", "aria-hidden": "true" });
    const head = element("div", { class: "wrong-head" }, this.level, this.title, this.where);
    const body = element("div", { class: "wrong-body" }, head, this.note, this.figures);
    body.append(this.when, this.stale, this.fold);
    const buttons = element("div", { class: "wrong-actions" }, this.show, this.explain);
    this.node = element("li", { class: "wrong-entry" }, icon, body, buttons);
    this.node.dataset["kind"] = trouble.kind;
  }

  /** Whether a button in it has the focus. */
  get hasFocus(): boolean {
    return this.node.contains(document.activeElement);
  }

  update(wording: Wording, trouble: Trouble): void {
    const { say } = wording;
    this.wording = wording;
    this.trouble = trouble;
    const level = levelOf(trouble.score);
    this.node.dataset["level"] = level;
    this.node.classList.toggle("stale", trouble.stale);
    setText(this.level, say(`level.${level}`));
    const { title, note, figures } = told(wording, trouble);
    setText(this.title, title);
    setText(this.where, whereText(wording, trouble));
    setText(this.note, note);
    write(this.figures, figures);
    setText(this.when, whenText(wording, trouble));
    setText(this.stale, trouble.stale && trouble.kind !== "region" ? say("stale") : "");
    this.show.hidden = trouble.selection === undefined;
    this.show.setAttribute("aria-label", say("of", { action: say("show"), title }));
    this.explain.setAttribute("aria-label", say("of", { action: say("explain"), title }));
    const facts = trouble.explained === undefined ? reasons(wording, trouble) : [];
    const folds = facts.length > 0;
    this.explain.hidden = !folds && trouble.explained === undefined;
    if (folds) {
      this.explain.setAttribute("aria-expanded", String(!this.fold.hidden));
      this.explain.setAttribute("aria-controls", this.fold.id);
    } else {
      this.explain.removeAttribute("aria-expanded");
      this.fold.hidden = true;
    }
    if (!this.fold.hidden) write(this.fold, facts);
  }

  private unfold(open: boolean): void {
    this.fold.hidden = !open;
    this.explain.setAttribute("aria-expanded", String(open));
    if (open) write(this.fold, reasons(this.wording, this.trouble));
  }
}

/** Since when it is so, and of when its figures are. */
function whenText({ speech, say, nowMs }: Wording, { sinceMs, atMs, ageMs }: Trouble): string {
  const parts: string[] = [];
  if (sinceMs !== undefined) {
    const age = speech.span(nowMs - sinceMs);
    parts.push(say("since", { time: speech.minute(sinceMs), age }));
  }
  if (atMs !== undefined && ageMs !== undefined) {
    parts.push(say("at", { time: speech.time(atMs), age: speech.span(ageMs) }));
  }
  return parts.join(" · ");
}
