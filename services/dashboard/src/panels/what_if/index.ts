/** Replays and what-ifs that the server runs: how each is, to look at and to end; and to start one. */

import { button, element, setText } from "../../dom";
import type { Told } from "../../problem_words";
import { setTold } from "../../problem_words";
import type { Replay } from "../../time/replay";
import { readReplays } from "../../time/replay";
import type { Panel, PanelContext } from "../panel";
import { DifferenceTable } from "./differences";
import { WhatIfForm } from "./form";
import { TEXTS } from "./texts";

/** Where the moment is among the cells that are told. */
const MOMENT = 2;
/** The list is read again so often. */
const READ_EVERY_MS = 3_000;
/** A server that has not answered by now will not. */
const ANSWER_MS = 10_000;

class ReplayList {
  readonly node = element("div");
  private readonly status = element("p", { class: "quiet", role: "status", tabindex: "-1" });
  private readonly table: HTMLTableElement;
  private readonly rows = element("tbody");
  private readonly differences: DifferenceTable;
  private readMs = Number.NEGATIVE_INFINITY;
  private drawn = "";

  constructor(private readonly context: () => PanelContext) {
    const say = context().speech.of(TEXTS);
    const columns = (["replay", "place", "state", "moment", "speed", "actions"] as const).map(
      (key) => element("th", { scope: "col" }, say(key)),
    );
    const head = element("thead", {}, element("tr", {}, ...columns));
    this.table = element("table", { class: "what-if-list" }, head, this.rows);
    this.table.hidden = true;
    this.differences = new DifferenceTable(context);
    this.node.append(this.status, this.table, this.differences.node);
  }

  /** Reads the list again, when that is due and somebody can see it. */
  update(): void {
    const now = performance.now();
    if (document.hidden || now - this.readMs < READ_EVERY_MS) return;
    this.readMs = now;
    void this.read();
  }

  readSoon(): void {
    this.readMs = Number.NEGATIVE_INFINITY;
    this.update();
  }

  private async read(): Promise<void> {
    const { replays, speech } = this.context();
    try {
      const answer = await replays.root.get("v1/replays", AbortSignal.timeout(ANSWER_MS));
      this.draw(readReplays(answer));
    } catch {
      setText(this.status, speech.of(TEXTS)("unread"));
    }
  }

  private draw(list: readonly Replay[]): void {
    const { speech, replays } = this.context();
    const say = speech.of(TEXTS);
    setText(this.status, list.length === 0 ? say("none") : "");
    this.table.hidden = list.length === 0;
    const look = JSON.stringify([list, replays.followed]);
    if (look === this.drawn) return;
    // While a row has the focus no row comes or goes, but what they say is brought to date.
    if (this.rows.contains(document.activeElement)) {
      for (const replay of list) this.retell(replay);
      return;
    }
    this.drawn = look;
    this.rows.replaceChildren(...list.map((replay) => this.row(replay)));
  }

  private retell(replay: Replay): void {
    const row = [...this.rows.rows].find(({ dataset }) => dataset["replay"] === replay.id);
    for (const [index, told] of this.told(replay).entries()) {
      const cell = row?.cells[index + 1];
      if (cell !== undefined) setTold(cell, told);
    }
  }

  /** Where, how, when and how fast it is. */
  private told(replay: Replay): [Told, Told, Told, Told] {
    const { speech, settings, replays } = this.context();
    const say = speech.of(TEXTS);
    const { id, state, error, timeMs, speed } = replay;
    const places = replay.regions.map(
      (region) => settings.cities.find((city) => city.region === region)?.name ?? region,
    );
    const shown = replays.followed === id ? `, ${say("shown")}` : "";
    const how = { text: say(state) + shown, own: error ?? "" };
    const pace = speed === "max" ? say("max") : say("times", { n: speech.digits(speed) });
    const plain = (text: string): Told => ({ text, own: "" });
    return [plain(places.join(", ")), how, plain(speech.date(timeMs)), plain(pace)];
  }

  private row(replay: Replay): HTMLElement {
    const say = this.context().speech.of(TEXTS);
    const { id } = replay;
    const isWhatIf = replay.baseline !== undefined;
    const name = say("name", { kind: say(isWhatIf ? "what_if" : "replay"), id });
    const cells = this.told(replay).map((told, index) => {
      const cell = element("td", index === MOMENT ? { class: "number" } : {});
      setTold(cell, told);
      return cell;
    });
    return element(
      "tr",
      { "data-replay": id },
      element("th", { scope: "row" }, name),
      ...cells,
      element("td", { class: "what-if-actions" }, ...this.actions(replay, name)),
    );
  }

  private actions(replay: Replay, name: string): HTMLElement[] {
    const { speech, replays } = this.context();
    const say = speech.of(TEXTS);
    const { id } = replay;
    const labelled = (label: string): { "aria-label": string } => ({ "aria-label": label });
    const made: HTMLElement[] = [
      button(labelled(say("show_of", { name })), say("show"), () => this.show(replay)),
    ];
    if (replay.baseline !== undefined) {
      const results = say("results_of", { name });
      made.push(
        button(labelled(results), say("results"), () => void this.differences.open(replay, name)),
      );
    }
    const href = new URL(replay.address, replays.root.url).href;
    const page = { ...labelled(say("page_of", { name })), href, target: "_blank" };
    made.push(
      element("a", { ...page, rel: "noopener", class: "link" }, say("page")),
      button(labelled(say("end_of", { name })), say("end"), () => void this.end(id, name)),
    );
    return made;
  }

  /** A what-if is looked at as what it differs in. */
  private show({ id, baseline }: Replay): void {
    this.context().replays.show(id, baseline === undefined ? "only" : "difference");
  }

  private async end(id: string, name: string): Promise<void> {
    const { replays, speech, announce } = this.context();
    const say = speech.of(TEXTS);
    this.differences.close();
    if (replays.followed === id) replays.end();
    try {
      await replays.root.send("DELETE", `v1/replays/${id}`);
    } catch {
      // It has ended by itself, or just now.
    }
    announce(say("ended_now", { name }));
    // Its row goes, and the button that was pressed with it.
    this.status.focus();
    this.readSoon();
  }
}

export const whatIfPanel: Panel = {
  id: "what_if",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "page",
  opensAtStart: true,
  size: "wide",
  mount(body, context) {
    const say = context().speech.of(TEXTS);
    const list = new ReplayList(context);
    const form = new WhatIfForm(context, () => list.readSoon());
    const intro = element("p", { class: "quiet" }, say("intro"));
    body.append(intro, list.node, form.node);
    return () => {
      list.update();
      form.update();
    };
  },
};
