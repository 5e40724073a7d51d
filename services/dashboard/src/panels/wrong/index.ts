/** What is wrong now, in all regions, worst first. */

import { button, element, setText } from "../../dom";
import { regionName, regionState } from "../../stream/region_state";
import { reorder } from "../../reorder";
import type { Panel, PanelContext } from "../panel";
import { Controls } from "./controls";
import { Entry } from "./entry";
import { newsOf } from "./news";
import { streetNamesOf } from "./street_names";
import { summaryOf } from "./summary";
import { Tally } from "./tally";
import { TEXTS } from "./texts";
import { comparedLinks } from "./traffic";
import type { Sight, Trouble } from "./troubles";
import { isOfCity, isOfKind, troublesOf } from "./troubles";
import type { Wording } from "./words";
import { countsOf, told, whereText } from "./words";

/** Most that are listed: nobody reads more, and each costs each second. */
export const LISTED_MAX = 50;
/** Beside the map there is room for the worst alone, until more are asked for. */
const LISTED_BESIDE_MAP = 6;
/** News told in one sentence. */
const TOLD_MAX = 3;

function wordingOf(context: PanelContext, nowMs: number): Wording {
  const { speech, settings, labels, cadence, picture, source } = context;
  const links = picture.layer("links");
  const names = streetNamesOf(source);
  return {
    speech,
    say: speech.of(TEXTS),
    cities: settings.cities,
    labels,
    cadence,
    nowMs,
    street: (region, link) =>
      (picture.region === region ? links.get(link) : undefined) ?? names.get(region, link),
  };
}

/** Asks for the names of streets in queues that are listed. */
function wantNames({ picture, source }: PanelContext, troubles: readonly Trouble[]): void {
  const names = streetNamesOf(source);
  const links = picture.layer("links");
  const byRegion = new Map<string, string[]>();
  for (const { subject, region, stale } of troubles) {
    const head = subject.what === "queue" && !stale ? subject.queue.links[0] : undefined;
    if (head === undefined || (picture.region === region && links.has(head))) continue;
    byRegion.set(region, [...(byRegion.get(region) ?? []), head]);
  }
  for (const [region, heads] of byRegion) void names.want(region, heads);
}

/** Turns to the region first, where the map cannot find it by a place. */
function showOnMap(context: PanelContext, trouble: Trouble, what: Trouble["selection"]): void {
  const { settings, city } = context;
  if (what === undefined) return;
  const there = trouble.city ?? settings.cities.find(({ region }) => region === trouble.region);
  const elsewhere = trouble.region !== city.region;
  const whole = trouble.place === undefined && trouble.city !== undefined && there !== city;
  if (there !== undefined && (elsewhere || whole)) context.chooseCity(there);
  context.showOnMap(what, trouble.place);
}

/** As above, with the card's explanation unfolded. */
function explain(context: PanelContext, trouble: Trouble): void {
  showOnMap(context, trouble, trouble.explained);
  const fold = context.stage.querySelector<HTMLDetailsElement>(".card details.explain");
  if (fold !== null) fold.open = true;
}

/** Tells once of what is new and severe. */
function tellNews(context: PanelContext, wording: Wording, troubles: readonly Trouble[]): void {
  const { overview, announce } = context;
  const whole = overview.all().filter(({ picture }) => picture.complete);
  const fresh = newsOf(overview).of(troubles, new Set(whole.map(({ id }) => id)));
  if (fresh.length === 0) return;
  const names = fresh
    .slice(0, TOLD_MAX)
    .map((trouble) => [told(wording, trouble).title, whereText(wording, trouble)])
    .map((parts) => parts.filter((part) => part !== "").join(", "));
  announce(wording.say("announce", { list: names.join("; ") }));
}

class WrongList {
  private readonly controls: Controls;
  private readonly tally: Tally;
  private readonly headline = element("p", { class: "wrong-headline", tabindex: "-1" });
  private readonly notKnown = element("p", { class: "wrong-unknown" });
  private readonly list = element("ol", { class: "wrong-list", role: "list" });
  private readonly streets = element("p", { class: "quiet" });
  private readonly more = element("p", { class: "quiet" });
  private readonly toggle: HTMLButtonElement;
  private readonly entries = new Map<string, Entry>();
  private all = false;

  constructor(
    body: HTMLElement,
    private readonly context: () => PanelContext,
  ) {
    const { speech, settings } = context();
    const say = speech.of(TEXTS);
    this.controls = new Controls(say, settings.cities, () => this.update());
    this.tally = new Tally(say);
    this.toggle = button({ class: "wrong-action" }, "", () => {
      this.all = !this.all;
      this.update();
    });
    // Until it is known how many there are it says nothing.
    this.toggle.hidden = true;
    const root = element("div", { class: "wrong" }, this.controls.node, this.headline);
    root.append(this.notKnown, this.tally.node, this.list, this.toggle, this.more, this.streets);
    body.append(root);
  }

  update(): void {
    const context = this.context();
    const { nowMs, overview, settings, cadence, picture: map, speech } = context;
    const say = speech.of(TEXTS);
    if (nowMs === undefined) {
      setText(this.headline, say("waiting"));
      return;
    }
    const regions = overview.all();
    const sight: Sight = { regions, cities: settings.cities, cadence, nowMs, map };
    const wording = wordingOf(context, nowMs);
    const troubles = troublesOf(sight);
    tellNews(context, wording, troubles);
    const { filter } = this.controls;
    const ofCity = troubles.filter((trouble) => isOfCity(trouble, filter));
    this.controls.count(countsOf(ofCity), (count) => speech.number(count));
    const wanted = ofCity.filter((trouble) => isOfKind(trouble, filter));
    this.tally.update(speech, wanted);
    const count = wanted.length > 0 ? speech.number(wanted.length) : undefined;
    const time = speech.time(nowMs);
    const { cities } = settings;
    const { headline, notKnown } = summaryOf(say, regions, cities, filter, { count, time });
    setText(this.headline, headline);
    const lastKnown = wanted.some(({ stale }) => stale) ? ` ${say("last_known")}` : "";
    setText(this.notKnown, notKnown === "" ? "" : notKnown + lastKnown);
    this.headline.classList.toggle("calm", count === undefined && this.isKnown());
    const shown = wanted.slice(0, this.room(wanted.length));
    wantNames(context, shown);
    this.write(wording, shown);
    const left = wanted.length - Math.max(shown.length, Math.min(wanted.length, LISTED_MAX));
    setText(this.more, left > 0 ? say("more", { count: speech.number(left) }) : "");
    setText(this.streets, this.streetsText(sight));
  }

  /** Whether something is known of all regions. */
  private isKnown(): boolean {
    return this.context()
      .overview.all()
      .every((region) => regionState(region) === "live");
  }

  /** How many may be listed; brings the button that asks for more to date. */
  private room(count: number): number {
    const { speech } = this.context();
    const say = speech.of(TEXTS);
    const narrow = this.list.closest("aside") !== null;
    const listed = Math.min(count, LISTED_MAX);
    this.toggle.hidden = !narrow || listed <= LISTED_BESIDE_MAP;
    const rest = speech.number(listed - LISTED_BESIDE_MAP);
    setText(this.toggle, this.all ? say("show_fewer") : say("show_all", { count: rest }));
    return narrow && !this.all ? LISTED_BESIDE_MAP : LISTED_MAX;
  }

  private write(wording: Wording, shown: readonly Trouble[]): void {
    const left = new Set(this.entries.keys());
    const actions = {
      show: (trouble: Trouble) => showOnMap(this.context(), trouble, trouble.selection),
      explain: (trouble: Trouble) => explain(this.context(), trouble),
    };
    const nodes = shown.map((trouble) => {
      const entry = this.entries.get(trouble.id) ?? new Entry(wording, trouble, actions);
      this.entries.set(trouble.id, entry);
      left.delete(trouble.id);
      entry.update(wording, trouble);
      return entry.node;
    });
    for (const id of left) {
      const entry = this.entries.get(id);
      // What had the focus is over: the reader goes on at the top, not at the page's beginning.
      if (entry?.hasFocus === true) this.headline.focus({ preventScroll: true });
      entry?.node.remove();
      this.entries.delete(id);
    }
    reorder(this.list, nodes);
  }

  /** How far streets are looked at: only those that the map has. */
  private streetsText(sight: Sight): string {
    const { speech, settings } = this.context();
    const say = speech.of(TEXTS);
    const count = comparedLinks(sight).length;
    const { region } = sight.map;
    if (region === undefined || count === 0) return say("streets_none");
    const cities = regionName(settings.cities, region);
    return say("streets", { count: speech.number(count), cities });
  }
}

export const wrongPanel: Panel = {
  id: "wrong",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "side",
  opensAtStart: true,
  size: "wide",
  overview: true,
  // Streets are compared with what is usual where the map looks.
  needs: () => ["links"],
  mount(body, context) {
    const list = new WrongList(body, context);
    return () => list.update();
  },
};
