/** The feeds of all regions: how each is, and what became of every record that it sent. */

import type { FeedState } from "../../stream/feed_state";
import { feedState } from "../../stream/feed_state";
import { button, element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { LANGUAGES } from "../../i18n";
import { regionName } from "../../stream/region_state";
import { reorder } from "../../reorder";
import type { Panel, PanelContext } from "../panel";
import type { Column, Entry, Order } from "./account";
import { COLUMNS, WORST_FIRST, badness, firstOrder, isSound, sorted } from "./account";
import { Rates } from "./rates";
import { LedgerRow } from "./row";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** Columns of numbers, whose heads stand at their right. */
const WORDS: readonly Column[] = ["feed", "place", "state", "watermark", "balance"];

/** Every feed of every region as it is now. */
function entriesOf(context: PanelContext, rates: Rates): Entry[] {
  const { overview, settings, cadence, labels, nowMs } = context;
  return overview.all().flatMap(({ id: region, picture, state }) => {
    const isConnected = state === "live";
    return [...picture.layer("feeds").values()].map((feed): Entry => {
      const key = `${region}/${feed.id}`;
      if (isConnected) rates.observe(key, feed.received, feed.status_time_ms);
      else rates.forget(key);
      return {
        key,
        feed,
        title: labels.get(feed.id)?.title ?? feed.id,
        region,
        place: regionName(settings.cities, region),
        state: feedState(feed, nowMs, cadence, isConnected),
        rate: rates.of(key)?.perS,
      };
    });
  });
}

/** All of them in a sentence, and which regions are missing. */
export function summaryText(
  speech: Speech,
  entries: readonly Entry[],
  missing: { readonly waiting: readonly string[]; readonly refused: readonly string[] },
): string {
  const say: Words = speech.of(TEXTS);
  const unsound = entries.filter(({ feed }) => !isSound(feed)).length;
  const balance = unsound === 0 ? say("sound") : say("unsound", { count: speech.number(unsound) });
  const received = entries.reduce((sum, { feed }) => sum + feed.received, 0);
  const live = entries.filter(({ state }) => state === "live").length;
  const all = say("summary", {
    count: speech.number(entries.length),
    live: speech.number(live),
    received: speech.number(received),
    balance,
  });
  const named = (key: "waiting" | "refused"): string => {
    const regions = missing[key];
    return regions.length === 0 ? "" : say(key, { regions: regions.join("; ") });
  };
  const parts = [entries.length === 0 ? "" : all, named("waiting"), named("refused")];
  return parts.filter((part) => part !== "").join(" ");
}

/** Heads that sort: the one in use says which way. */
class Heads {
  readonly node = element("thead");
  private readonly cells = new Map<Column, HTMLElement>();

  constructor(say: Words, choose: (column: Column) => void) {
    const row = element("tr");
    for (const column of COLUMNS) {
      const press = button({ class: "ledger-sort" }, say(column), () => choose(column));
      const side = WORDS.includes(column) ? "" : "number";
      const cell = element("th", { scope: "col", class: side }, press);
      this.cells.set(column, cell);
      row.append(cell);
    }
    this.node.append(row);
  }

  show({ column, descending }: Order): void {
    for (const [name, cell] of this.cells) {
      if (name === column) cell.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  }
}

/** The select of states: those that there are, the worst first, each with how many are in it. */
class Filter {
  readonly node: HTMLElement;
  readonly select = element("select");
  private drawn = "";

  constructor(
    private readonly speech: Speech,
    changed: () => void,
  ) {
    const say: Words = speech.of(TEXTS);
    this.node = element("label", { class: "ledger-filter" }, say("filter"), this.select);
    this.select.addEventListener("change", changed);
  }

  /** What is chosen; `undefined` is all. */
  get state(): FeedState | undefined {
    return this.select.value === "" ? undefined : (this.select.value as FeedState);
  }

  update(entries: readonly Entry[]): void {
    const { speech, state: chosen } = this;
    const say: Words = speech.of(TEXTS);
    const counts = new Map<FeedState, number>(chosen === undefined ? [] : [[chosen, 0]]);
    const worst = [...entries].sort((a, b) => badness(a) - badness(b));
    for (const { state } of worst) counts.set(state, (counts.get(state) ?? 0) + 1);
    const options: [string, string][] = [
      ["", say("all", { count: speech.number(entries.length) })],
      ...[...counts].map(([state, count]): [string, string] => [
        state,
        say("one", { state: speech.word("feed", state), count: speech.number(count) }),
      ]),
    ];
    const look = JSON.stringify(options);
    // A list that is open must not change under the reader's finger.
    if (look === this.drawn || this.select.matches(":focus")) return;
    this.drawn = look;
    const nodes = options.map(([value, text]) => element("option", { value }, text));
    this.select.replaceChildren(...nodes);
    this.select.value = chosen ?? "";
  }
}

export const ledgerPanel: Panel = {
  id: "ledger",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "page",
  size: "full",
  opensAtStart: true,
  overview: true,
  mount(body, context) {
    const { speech } = context();
    const say: Words = speech.of(TEXTS);
    const rates = new Rates();
    const rows = new Map<string, LedgerRow>();
    let order: Order = WORST_FIRST;
    const heads = new Heads(say, (column) => {
      const isSame = order.column === column;
      order = isSame ? { column, descending: !order.descending } : firstOrder(column);
      update();
    });
    const filter = new Filter(speech, () => update());
    const summary = element("p", { "data-testid": "ledger-summary" });
    const none = element("p", { class: "quiet", role: "status" });
    const table = element("table", { class: "ledger" }, heads.node);
    const scroll = element(
      "div",
      { class: "ledger-scroll", role: "region", tabindex: "0", "aria-label": say("region") },
      table,
    );
    body.append(
      element("div", { class: "ledger-head" }, summary, filter.node),
      scroll,
      none,
      element("p", { class: "quiet" }, say("how")),
    );

    function update(): void {
      const now = context();
      const all = entriesOf(now, rates);
      const name = (id: string): string => regionName(now.settings.cities, id);
      const regions = now.overview.all();
      const inState = (...states: string[]): string[] =>
        regions.filter(({ state }) => states.includes(state)).map(({ id }) => name(id));
      const missing = { waiting: inState("connecting", "lost"), refused: inState("refused") };
      void now.labels.want(all.map(({ feed }) => feed.id));
      setText(summary, summaryText(speech, all, missing));
      filter.update(all);
      heads.show(order);
      const chosen = filter.state;
      const kept = all.filter(({ state }) => chosen === undefined || state === chosen);
      none.hidden = kept.length > 0;
      setText(none, say(all.length === 0 ? "none" : "none_such"));
      scroll.hidden = kept.length === 0;
      const shown = sorted(kept, order, LANGUAGES[speech.language].locale);
      const keys = new Set(shown.map(({ key }) => key));
      for (const [key, row] of rows) {
        if (keys.has(key)) continue;
        row.node.remove();
        rows.delete(key);
      }
      for (const entry of shown) {
        const row = rows.get(entry.key) ?? new LedgerRow(speech, rates, entry.key);
        rows.set(entry.key, row);
        const limitMs = now.cadence.limitMs(entry.feed.id);
        row.update(entry, now.nowMs ?? entry.feed.status_time_ms, limitMs);
      }
      const nodes = shown.flatMap(({ key }) => rows.get(key)?.node ?? []);
      reorder(table, nodes);
    }
    return update;
  },
};
