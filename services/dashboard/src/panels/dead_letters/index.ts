/** What could not be read or believed of what came, with the bytes as they came. */

import { element } from "../../dom";
import type { Say } from "../../i18n";
import { PagedTable, pagedWords } from "../paged";
import type { PagedWords } from "../paged";
import type { Panel, PanelContext } from "../panel";
import { lettersPath, parsePage } from "./letters";
import { LetterRow } from "./row";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** Columns of the table, by the names of their heads. */
const HEADS = ["received", "feed", "outcome", "field", "detail", "source"] as const;

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

/** @param isOfFeed whether those of one feed are asked for */
export function wordsOf(say: Words, isOfFeed: () => boolean): PagedWords {
  return pagedWords(say, (page, hasOlder) => {
    if (hasOlder) return say("none_older");
    if (page > 1) return undefined;
    return say(isOfFeed() ? "none_of_feed" : "none");
  });
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
    const choice = new FeedChoice(say, () => update());
    const table = new PagedTable(body, context, {
      words: wordsOf(say, () => choice.feed !== undefined),
      heads: HEADS.map((key) => say(key)),
      testId: "letters-state",
      choice: choice.node,
      parse: parsePage,
      listed: ({ letters }) => letters,
      row: (letter) => new LetterRow(speech, letter),
    });
    function update(): void {
      const now = context();
      choice.update(now);
      table.want(now.source, lettersPath(now.city.region, choice.feed));
    }
    return update;
  },
};
