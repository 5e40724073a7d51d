/**
 * How streets differ between two pictures: asked of the server for what is in view, drawn in place of
 * how streets are, with its key and the same as a table.
 */

import { button, element, setText } from "../dom";
import { texts } from "../i18n";
import { differenceColours } from "../map/differences";
import type { Told } from "../problem_words";
import { setTold, toldProblem } from "../problem_words";
import { Source } from "../stream/source";
import { CLASS_ENDS, SAME_CLASS, classOf } from "./differences";
import type { TimeHost } from "./host";
import type { Question } from "./inquiry";
import { Inquiry } from "./inquiry";
import type { Replay } from "./replay";

const ROWS_MAX = 20;
const FORMAT = "format=geojson";
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
    failed: "The server does not compare them.",
    table: "Largest changes as a table",
    street: "Street section",
    before: "Before",
    after: "After",
    change: "Change",
    csv: "All of them as CSV",
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
    failed: "Palvelin ei vertaa niitä.",
    table: "Suurimmat muutokset taulukkona",
    street: "Katuosuus",
    before: "Ennen",
    after: "Jälkeen",
    change: "Muutos",
    csv: "Kaikki CSV-tiedostona",
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
    failed: "Servern jämför dem inte.",
    table: "Största ändringarna som tabell",
    street: "Gatuavsnitt",
    before: "Före",
    after: "Efter",
    change: "Ändring",
    csv: "Alla som CSV",
  },
});

export class DifferenceView {
  private readonly inquiry: Inquiry;
  private replay: Replay | undefined;
  private node = element("section");
  private readonly counts = element("p", { role: "status" });
  private readonly notes = element("p", { class: "quiet" });
  private readonly moments = element("p", { class: "quiet" });
  private readonly rows = element("tbody");
  private colours = element("div");
  private table = element("details");
  private csv = element("a");

  constructor(private readonly host: TimeHost) {
    host.frame.mark("differing", true);
    host.scene.showDifferences([]);
    this.inquiry = new Inquiry(() => {
      host.scene.showDifferences(this.inquiry.streets);
      this.tell();
    });
    this.rebuild();
  }

  /** Says of when it is, and asks anew when that is due. */
  update(replay: Replay): void {
    this.replay = replay;
    const speech = this.host.speech();
    const text = replay.baseline === undefined ? "now" : "what_if";
    const moment = speech.date(this.inquiry.comparedMs ?? replay.timeMs);
    setText(this.moments, speech.of(TEXTS)(text, { moment }));
    // While it plays they change all the time, and nobody could hear anything else.
    this.counts.setAttribute("aria-live", replay.state === "playing" ? "off" : "polite");
    if (replay.state === "reaching") return;
    const question = this.question(replay);
    this.inquiry.update(question);
    const path = question.path.replace(FORMAT, "format=csv");
    this.csv.href = new URL(path, question.source.url).href;
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
    const { href } = this.csv;
    this.csv = element("a", { class: "link", href, download: "speeds.csv" }, say("csv"));
    this.table = element(
      "details",
      {},
      element("summary", {}, say("table")),
      element("div", { class: "difference-rows" }, element("table", {}, head, this.rows)),
      element("p", {}, this.csv),
    );
    this.table.open = open;
    const title = element("p", { class: "difference-title" }, say("title"));
    this.colours = this.scale();
    this.node.append(title, this.moments, this.colours, this.counts, this.notes, this.table);
    if (before.isConnected) before.replaceWith(this.node);
    else this.host.frame.over.append(this.node);
    this.tell();
    if (this.replay !== undefined) this.update(this.replay);
  }

  restyle(): void {
    const before = this.colours;
    this.colours = this.scale();
    before.replaceWith(this.colours);
  }

  close(): void {
    this.inquiry.close();
    this.node.remove();
    this.host.scene.showDifferences(undefined);
    this.host.frame.mark("differing", false);
  }

  private question(replay: Replay): Question {
    const { pictures, scene } = this.host;
    const { root } = pictures;
    const isWhatIf = replay.baseline !== undefined;
    const source = isWhatIf ? new Source(new URL(replay.address, root.url).href) : root;
    const bbox = scene.sight.map((edge) => edge.toFixed(4)).join(",");
    const query = new URLSearchParams({ bbox, fields: SPEED, filter: SEEN });
    if (!isWhatIf) query.set("before", new Date(replay.timeMs).toISOString());
    const path = `v1/regions/${scene.city.region}/diff/links?${query.toString()}&${FORMAT}`;
    return { source, path, atMs: replay.timeMs };
  }

  /** Says what has come. */
  private tell(): void {
    const speech = this.host.speech();
    const say = speech.of(TEXTS);
    const { streets, unknown, isCut, failure, waits } = this.inquiry;
    const count = (keep: (step: number) => boolean): string =>
      speech.number(streets.filter(({ change }) => keep(classOf(change))).length);
    const counted = say("counts", {
      slower: count((step) => step < SAME_CLASS),
      same: count((step) => step === SAME_CLASS),
      faster: count((step) => step > SAME_CLASS),
    });
    const hasCome = streets.length > 0;
    let told: Told = { text: hasCome ? counted : say("none"), own: "" };
    if (waits) told = { text: say("loading"), own: "" };
    else if (failure !== undefined) told = toldProblem(speech, failure, say("failed"));
    setTold(this.counts, told);
    const notes = [
      ...(isCut ? [say("more")] : []),
      ...(unknown > 0 ? [say("unknown", { n: speech.number(unknown) })] : []),
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
    const rows = this.inquiry.streets.slice(0, ROWS_MAX).map((street) => {
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

  private scale(): HTMLDivElement {
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
