/**
 * How streets differ between two pictures: asked of the server for what is in view, drawn in place of
 * how streets are, with its key and the same as a table.
 */

import { button, element, setText } from "../dom";
import { texts } from "../i18n";
import { differenceColours } from "../map/differences";
import { Source } from "../stream/source";
import type { StreetDifference } from "./differences";
import { CLASS_ENDS, SAME_CLASS, byChange, classOf, readDifferences } from "./differences";
import type { TimeHost } from "./host";
import type { Replay } from "./replay";

/** At most so often it is worked out anew while time goes on, and so seldom when it stands. */
const AGAIN_MS = 5_000;
const OLD_MS = 60_000;
/** A server that has not answered by now will not. */
const ANSWER_MS = 15_000;
/** Pages that are asked for, each of the server's longest. */
const PAGES_MAX = 6;
const ROWS_MAX = 20;
const SPEED = "five_minutes.speed_km_h.value";
/** What is only usual at both moments says nothing of either. */
const SEEN = "five_minutes.method IN ('measured', 'fused')";

const TEXTS = texts({
  en: {
    title: "Change of speed, km/h",
    now: "{moment} → now",
    what_if: "as it was → with the change, at {moment}",
    slower: "slower",
    faster: "faster",
    same: "about the same",
    words: "Colours from more than 20 km/h slower to more than 20 km/h faster",
    counts: "{slower} slower, {same} about the same, {faster} faster",
    none: "No street in view was measured at both moments.",
    unknown: "{n} more are known at one of the two only.",
    more: "There are more streets in view than are compared. Zoom in to see them all.",
    loading: "Comparing …",
    failed: "The server does not compare them: {detail}",
    table: "Largest changes as a table",
    street: "Street section",
    before: "Before",
    after: "After",
    change: "Change",
  },
  fi: {
    title: "Nopeuden muutos, km/h",
    now: "{moment} → nyt",
    what_if: "kuten oli → muutoksen kanssa, {moment}",
    slower: "hitaampi",
    faster: "nopeampi",
    same: "suunnilleen sama",
    words: "Värit yli 20 km/h hitaammasta yli 20 km/h nopeampaan",
    counts: "{slower} hitaampaa, {same} suunnilleen ennallaan, {faster} nopeampaa",
    none: "Yhtään näkyvää katua ei ole mitattu molempina hetkinä.",
    unknown: "Lisäksi {n} tunnetaan vain toisena hetkenä.",
    more: "Näkyvissä on enemmän katuja kuin verrataan. Lähennä, niin näet kaikki.",
    loading: "Verrataan …",
    failed: "Palvelin ei vertaa niitä: {detail}",
    table: "Suurimmat muutokset taulukkona",
    street: "Kadunosa",
    before: "Ennen",
    after: "Jälkeen",
    change: "Muutos",
  },
  sv: {
    title: "Ändring av hastigheten, km/h",
    now: "{moment} → nu",
    what_if: "så som det var → med ändringen, {moment}",
    slower: "långsammare",
    faster: "snabbare",
    same: "ungefär samma",
    words: "Färger från mer än 20 km/h långsammare till mer än 20 km/h snabbare",
    counts: "{slower} långsammare, {same} ungefär oförändrade, {faster} snabbare",
    none: "Ingen synlig gata har mätts vid båda tidpunkterna.",
    unknown: "Ytterligare {n} är kända vid bara den ena.",
    more: "Det finns fler gator i vyn än vad som jämförs. Zooma in för att se alla.",
    loading: "Jämför …",
    failed: "Servern jämför dem inte: {detail}",
    table: "Största ändringarna som tabell",
    street: "Gatuavsnitt",
    before: "Före",
    after: "Efter",
    change: "Ändring",
  },
});

/** What is compared, and where that is asked for. */
interface Question {
  readonly source: Source;
  readonly path: string;
  /** The moment of the replay. */
  readonly atMs: number;
}

export class DifferenceView {
  private streets: readonly StreetDifference[] = [];
  private unknown = 0;
  private isCut = false;
  private failure: string | undefined;
  /** Of which moment the streets are, once there are any. */
  private comparedMs: number | undefined;
  private replay: Replay | undefined;
  private asked = "";
  private askedMs = Number.NEGATIVE_INFINITY;
  private asking: AbortController | undefined;
  private node = element("section");
  private readonly counts = element("p", { role: "status" });
  private readonly notes = element("p", { class: "quiet" });
  private readonly moments = element("p", { class: "quiet" });
  private readonly rows = element("tbody");
  private table = element("details");

  constructor(private readonly host: TimeHost) {
    host.frame.mark("differing", true);
    host.scene.showDifferences([]);
    this.rebuild();
  }

  /** Asks anew when the view, the moment or the present is another one. */
  update(replay: Replay): void {
    this.replay = replay;
    const speech = this.host.speech();
    const text = replay.baseline === undefined ? "now" : "what_if";
    const moment = speech.date(this.comparedMs ?? replay.timeMs);
    setText(this.moments, speech.of(TEXTS)(text, { moment }));
    if (replay.state === "reaching") return;
    const question = this.question(replay);
    const key = question.source.url + question.path;
    const sinceMs = performance.now() - this.askedMs;
    const hasMoved = this.hasMoved(key);
    // Of the same place one that is under way is waited for, or while time goes on none would come.
    if (this.asking !== undefined && !hasMoved) return;
    if (key === this.asked ? sinceMs < OLD_MS : sinceMs < AGAIN_MS && !hasMoved) return;
    this.asked = key;
    this.askedMs = performance.now();
    void this.ask(question);
  }

  rebuild(): void {
    const say = this.host.speech().of(TEXTS);
    const open = this.table.open;
    const before = this.node;
    const attributes = { class: "key difference-key", "aria-label": say("title") };
    this.node = element("section", { ...attributes, "data-testid": "differences" });
    const columns = (["street", "before", "after", "change"] as const).map((name) =>
      element("th", { scope: "col", class: name === "street" ? "" : "number" }, say(name)),
    );
    const head = element("thead", {}, element("tr", {}, ...columns));
    this.table = element(
      "details",
      {},
      element("summary", {}, say("table")),
      element("div", { class: "difference-rows" }, element("table", {}, head, this.rows)),
    );
    this.table.open = open;
    const title = element("p", { class: "difference-title" }, say("title"));
    this.node.append(title, this.moments, this.scale(), this.counts, this.notes, this.table);
    if (before.isConnected) before.replaceWith(this.node);
    else this.host.frame.over.append(this.node);
    this.tell();
    if (this.replay !== undefined) this.update(this.replay);
  }

  close(): void {
    this.asking?.abort();
    this.asking = undefined;
    this.node.remove();
    this.host.scene.showDifferences(undefined);
    this.host.frame.mark("differing", false);
  }

  /** Another place is asked for at once: the reader waits for it. Another second is not. */
  private hasMoved(key: string): boolean {
    const place = (url: string): string | undefined => /regions\/.*?bbox=[^&]*/.exec(url)?.[0];
    return place(key) !== place(this.asked);
  }

  private question(replay: Replay): Question {
    const { pictures, scene } = this.host;
    const { root } = pictures;
    const isWhatIf = replay.baseline !== undefined;
    const source = isWhatIf ? new Source(new URL(replay.address, root.url).href) : root;
    const bbox = scene.sight.map((edge) => edge.toFixed(4)).join(",");
    const query = new URLSearchParams({ bbox, fields: SPEED, filter: SEEN, format: "geojson" });
    if (!isWhatIf) query.set("before", new Date(replay.timeMs).toISOString());
    const path = `v1/regions/${scene.city.region}/diff/links?${query.toString()}`;
    return { source, path, atMs: replay.timeMs };
  }

  private async ask({ source, path, atMs }: Question): Promise<void> {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    const late = window.setTimeout(() => asking.abort(), ANSWER_MS);
    const streets: StreetDifference[] = [];
    let [unknown, next]: [number, string | undefined] = [0, path];
    try {
      for (let pages = 0; next !== undefined && pages < PAGES_MAX; pages += 1) {
        const page = readDifferences(await source.get(next, asking.signal));
        streets.push(...page.streets);
        unknown += page.unknown;
        const { cursor } = page;
        next = cursor && `${path}&${new URLSearchParams({ cursor }).toString()}`;
      }
      if (this.asking !== asking) return;
      this.streets = streets.sort(byChange);
      this.unknown = unknown;
      this.isCut = next !== undefined;
      this.failure = undefined;
      this.comparedMs = atMs;
      this.host.scene.showDifferences(this.streets);
    } catch (error) {
      if (this.asking !== asking) return;
      this.failure = error instanceof Error ? error.message : "";
    } finally {
      window.clearTimeout(late);
    }
    this.asking = undefined;
    this.tell();
  }

  /** Says what has come. */
  private tell(): void {
    const speech = this.host.speech();
    const say = speech.of(TEXTS);
    const count = (keep: (step: number) => boolean): string =>
      speech.number(this.streets.filter(({ change }) => keep(classOf(change))).length);
    const counted = say("counts", {
      slower: count((step) => step < SAME_CLASS),
      same: count((step) => step === SAME_CLASS),
      faster: count((step) => step > SAME_CLASS),
    });
    const hasCome = this.streets.length > 0;
    const waits = this.asked === "" || (this.asking !== undefined && !hasCome);
    let text = hasCome ? counted : say("none");
    if (waits) text = say("loading");
    else if (this.failure !== undefined) text = say("failed", { detail: this.failure });
    setText(this.counts, text);
    const notes = [
      ...(this.isCut ? [say("more")] : []),
      ...(this.unknown > 0 ? [say("unknown", { n: speech.number(this.unknown) })] : []),
    ];
    setText(this.notes, notes.join(" "));
    this.notes.hidden = notes.length === 0;
    this.table.hidden = !hasCome;
    // Rows that are being read with keys stay.
    if (!this.rows.contains(document.activeElement)) this.fillTable();
  }

  private fillTable(): void {
    const { host } = this;
    const speech = host.speech();
    const links = host.pictures.shown.live.picture.layer("links");
    const rows = this.streets.slice(0, ROWS_MAX).map((street) => {
      const { id, before, after, change, line } = street;
      const open = button({ class: "link" }, links.get(id)?.name || id, () => {
        const [longitude_deg, latitude_deg] = line[Math.floor(line.length / 2)] ?? [0, 0];
        host.showOnMap({ layer: "links", id }, { longitude_deg, latitude_deg });
      });
      const number = (value: number): HTMLElement =>
        element("td", { class: "number" }, speech.number(value));
      const sign = change > 0 ? "+" : "";
      const changed = element("td", { class: "number" }, sign + speech.number(change));
      const name = element("th", { scope: "row" }, open);
      return element("tr", {}, name, number(before), number(after), changed);
    });
    this.rows.replaceChildren(...rows);
  }

  private scale(): HTMLElement {
    const speech = this.host.speech();
    const say = speech.of(TEXTS);
    const steps = differenceColours(this.host.dark()).map((colour, index) => {
      const step = element("span", { class: "step" });
      step.style.backgroundColor = colour;
      const end = CLASS_ENDS[index];
      if (end === undefined) return step;
      const text = `${end > 0 ? "+" : ""}${speech.number(end)}`;
      step.append(element("span", { class: "end" }, text));
      return step;
    });
    const ends = element("div", { class: "difference-ends", "aria-hidden": "true" });
    ends.append(element("span", {}, say("slower")), element("span", {}, say("faster")));
    const bar = element("div", { class: "steps", role: "img", "aria-label": say("words") });
    bar.append(...steps);
    return element("div", {}, ends, bar);
  }
}
