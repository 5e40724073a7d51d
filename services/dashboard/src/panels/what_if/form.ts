/** Starts a simple what-if: the street section that is selected is closed for some time. */

import { button, element, setText } from "../../dom";
import { problemOf, setTold, toldProblem } from "../../problem_words";
import { readReplay } from "../../time/replay";
import { momentOf, wallTime } from "../../time/wall_time";
import type { PanelContext } from "../panel";
import { TEXTS } from "./texts";

const MINUTE_MS = 60_000;
const LENGTHS_MIN = [15, 30, 60, 120];

export class WhatIfForm {
  readonly node: HTMLElement;
  private readonly street = element("p");
  private readonly day = element("input", { type: "date", required: "" });
  private readonly time = element("input", { type: "text", required: "", inputmode: "numeric" });
  private readonly length = element("select");
  private readonly start: HTMLButtonElement;
  private readonly status = element("p", { role: "status" });
  private filled = false;
  /** Whether it says that nothing is archived. */
  private lacksArchive = false;
  private busy = false;

  /** @param started called when there is a new what-if */
  constructor(
    private readonly context: () => PanelContext,
    private readonly started: () => void,
  ) {
    const { speech } = context();
    const say = speech.of(TEXTS);
    const { day, time, length } = this;
    for (const minutes of LENGTHS_MIN) {
      const hours = minutes >= 60;
      const n = speech.number(hours ? minutes / 60 : minutes);
      const text = say(hours ? "hours" : "minutes", { n });
      const option = element("option", { value: String(minutes) }, text);
      option.selected = minutes === 30;
      length.append(option);
    }
    const field = (label: string, input: HTMLElement): HTMLElement =>
      element("label", {}, element("span", { class: "quiet" }, label), input);
    this.start = button({ type: "submit" }, say("start"), () => undefined);
    const fields = element(
      "div",
      { class: "what-if-fields" },
      field(say("day"), day),
      field(say("time"), time),
      field(say("length"), length),
      this.start,
    );
    const form = element("form", { novalidate: "" }, this.street, fields, this.status);
    form.append(element("p", { class: "quiet" }, say("caveat")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    this.node = element("details", { class: "what-if-form" });
    this.node.append(element("summary", {}, say("form")), form);
  }

  update(): void {
    const { speech, picture, replays, city } = this.context();
    const say = speech.of(TEXTS);
    const id = this.closed;
    const name = id === undefined ? "" : picture.layer("links").get(id)?.name;
    const street = name === undefined || name === "" ? (id ?? "") : `${name} (${id})`;
    setText(this.street, id === undefined ? say("no_street") : say("street", { street }));
    const { extent } = replays;
    this.start.disabled = id === undefined || extent === undefined || this.busy;
    if (extent === undefined) {
      this.lacksArchive = true;
      setText(this.status, say("no_archive", { region: city.name }));
      return;
    }
    if (this.lacksArchive) setText(this.status, "");
    this.lacksArchive = false;
    if (this.filled) return;
    this.filled = true;
    const from = wallTime(Math.max(extent.fromMs + MINUTE_MS, extent.toMs - 60 * MINUTE_MS));
    [this.day.value, this.time.value] = [from.day, from.time];
  }

  /** The street section that would be closed. */
  private get closed(): string | undefined {
    const { selection } = this.context();
    return selection?.layer === "links" ? selection.id : undefined;
  }

  private async send(): Promise<void> {
    const { speech, replays, city, announce } = this.context();
    const say = speech.of(TEXTS);
    const { closed } = this;
    const { extent } = replays;
    if (closed === undefined || extent === undefined) return;
    const fromMs = momentOf({ day: this.day.value, time: this.time.value });
    this.time.setAttribute("aria-invalid", String(fromMs === undefined));
    if (fromMs === undefined) {
      setText(this.status, say("not_a_time"));
      this.time.focus();
      return;
    }
    // Fields are of whole minutes; the first one of the archive counts as archived.
    const beginMs = Math.max(fromMs, Math.min(extent.fromMs, fromMs + MINUTE_MS));
    if (beginMs < extent.fromMs || beginMs >= extent.toMs) {
      const [from, to] = [speech.date(extent.fromMs), speech.date(extent.toMs)];
      setText(this.status, say("not_archived", { from, to }));
      return;
    }
    const endMs = Math.min(extent.toMs, fromMs + Number(this.length.value) * MINUTE_MS);
    const wanted = {
      regions: [city.region],
      from: new Date(beginMs).toISOString(),
      to: new Date(endMs).toISOString(),
      speed: "max",
      what_if: { regions: { [city.region]: { closed_links: [closed] } } },
    };
    this.busy = true;
    this.update();
    try {
      const made = readReplay(await replays.root.send("POST", "v1/replays", wanted));
      const text = say("started", { id: made?.id ?? "" });
      setText(this.status, text);
      announce(text);
      this.started();
    } catch (error) {
      setTold(this.status, toldProblem(speech, problemOf(error), say("refused")));
    }
    this.busy = false;
    this.update();
  }
}
