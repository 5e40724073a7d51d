/** What the traffic of a street or an area emits, in its card, and what that is computed from. */

import type { Emission, Noise } from "tilanne-client";
import { element, setText } from "../../dom";
import { basisFacts, emissionFacts } from "../../emission/facts";
import { emissionWindow, isUncertain } from "../../emission/measures";
import type { EmissionBasis, Explained } from "../../explanations";
import type { Speech } from "../../i18n";
import type { PanelContext } from "../panel";
import { pollutantTable } from "../amounts";

/** Middles of the octave bands, Hz. */
const BANDS = [63, 125, 250, 500, 1_000, 2_000, 4_000, 8_000];
/** Levels this far below the loudest band have no height left. */
const BAR_RANGE_DB = 40;

function list(facts: readonly (readonly [string, string])[]): HTMLElement {
  const cells = facts.flatMap(([name, value]) => [
    element("dt", {}, name),
    element("dd", {}, value),
  ]);
  return element("dl", { class: "facts" }, ...cells);
}

/** The octave bands as bars, with their levels in words. */
function octaves(speech: Speech, { octave_db }: Noise): HTMLElement {
  const loudest = Math.max(...octave_db);
  const said: string[] = [];
  const bars = octave_db.map((db, index) => {
    const hz = BANDS[index] ?? 0;
    const band =
      hz < 1_000
        ? speech.say("unit.hz", { n: speech.number(hz) })
        : speech.say("unit.khz", { n: speech.number(hz / 1_000) });
    const level = speech.say("unit.db", { n: speech.number(db) });
    said.push(speech.say("emission.octave", { band, level }));
    const bar = element("span", { class: "bar" });
    bar.style.setProperty("--size", String(Math.max(0.03, 1 - (loudest - db) / BAR_RANGE_DB)));
    const short = hz < 1_000 ? String(hz) : `${hz / 1_000}k`;
    return element("span", { class: "octave" }, speech.number(db), bar, short);
  });
  const title = speech.say("emission.octaves");
  const label = `${title}: ${said.join(", ")}`;
  const image = element("div", { class: "octaves", role: "img", "aria-label": label }, ...bars);
  return element("div", {}, element("h3", {}, title), image);
}

/** The parts of the uncertainty, each a bar of its percent. */
function parts(speech: Speech, basis: EmissionBasis): HTMLElement {
  const all = [
    ["basis.sampling", basis.sampling_percent],
    ["basis.mix_part", basis.mix_percent],
    ["basis.factors", basis.factor_percent],
  ] as const;
  const largest = Math.max(1, ...all.map(([, percent]) => percent));
  const rows = all.map(([key, percent]) => {
    const bar = element("span", { class: "weight", "aria-hidden": "true" });
    bar.style.setProperty("--weight", String(percent / largest));
    const text = `±${speech.quantity("percent", percent)}`;
    const cell = element("td", { class: "number" }, text, bar);
    return element("tr", {}, element("th", { scope: "row" }, speech.say(key)), cell);
  });
  const heading = element("h3", {}, speech.say("basis.parts"));
  const table = element("table", { class: "amounts" }, element("tbody", {}, ...rows));
  return element("div", {}, heading, table);
}

function shares(speech: Speech, { shares: groups }: EmissionBasis): HTMLElement | undefined {
  if (groups.length === 0) return undefined;
  const heads = [
    speech.say("basis.group"),
    speech.say("basis.km"),
    speech.say("scale.co2"),
    speech.say("scale.nox"),
    speech.say("basis.pm"),
  ].map((text) => element("th", { scope: "col" }, text));
  const rows = groups.map(({ group, vehicle_km, co2, nox, pm }) => {
    const cells = [vehicle_km, co2, nox, pm].map((share) =>
      element("td", { class: "number" }, speech.number(share * 100)),
    );
    const name = element("th", { scope: "row" }, speech.word("group", group));
    return element("tr", {}, name, ...cells);
  });
  const head = element("thead", {}, element("tr", {}, ...heads));
  const table = element("table", { class: "amounts" }, head, element("tbody", {}, ...rows));
  return element("div", {}, element("h3", {}, speech.say("basis.shares")), table);
}

/**
 * The emission of what is selected. The stream has that of streets only while they show it; else it
 * comes with the explanation.
 *
 * @param inFull whether the explanation is wanted in any case
 */
export function emissionOf(
  { picture, selection, explanations }: PanelContext,
  inFull = false,
): { emission: Emission | undefined; explained: Explained | undefined } {
  if (selection?.layer === "areas") {
    return { emission: picture.layer("area_emissions").get(selection.id), explained: undefined };
  }
  const link = selection?.layer === "links" ? selection.id : "";
  const known = picture.layer("links").get(link);
  const streamed = picture.layer("link_emissions").get(link);
  const isAsked = streamed === undefined || inFull;
  if (known === undefined || picture.region === undefined || !isAsked) {
    return { emission: streamed, explained: undefined };
  }
  const explained = explanations.of(picture.region, link, known.event_time_ms);
  const told = explained.state === "ready" ? explained.explanation.emission : undefined;
  return { emission: streamed ?? told, explained };
}

export class EmissionSection {
  readonly node = element("section", { class: "card-emission", "data-testid": "emission" });
  private readonly shown = element("div");
  private readonly why = element("details", { class: "explain" });
  private readonly state = element("p", { class: "quiet", role: "status" });
  private readonly basis = element("div");
  private readonly all = element("details", { class: "explain" });
  private readonly allBody = element("div");
  private drawn = "";
  private drawnBasis: unknown;

  constructor(private readonly context: () => PanelContext) {
    const { speech } = context();
    const heading = element("h3", {}, speech.say("emission.title"));
    const tag = element("span", { class: "tag" }, speech.say("emission.estimate"));
    this.why.append(
      element("summary", {}, speech.say("emission.why")),
      element("p", { class: "quiet" }, speech.say("emission.why_how")),
      this.state,
      this.basis,
    );
    this.all.append(element("summary", {}, speech.say("emission.all")), this.allBody);
    for (const fold of [this.why, this.all]) {
      fold.addEventListener("toggle", () => this.update());
    }
    this.node.append(
      element("div", { class: "row" }, heading, tag),
      this.shown,
      this.why,
      this.all,
    );
  }

  update(): void {
    const { speech, nowMs } = this.context();
    const { emission, explained } = emissionOf(this.context(), this.why.open);
    this.node.hidden = emission === undefined;
    if (emission === undefined || nowMs === undefined) return;
    const isLink = emission.kind === null || emission.kind === undefined;
    this.why.hidden = !isLink;
    if (isLink && this.why.open) this.writeBasis(explained);
    const look = `${emission.id} ${emission.event_time_ms} ${this.all.open}`;
    if (look === this.drawn) return;
    this.drawn = look;
    const { duration_s, end_time_ms } = emissionWindow(emission);
    const span = { duration: speech.span(duration_s * 1_000), time: speech.minute(end_time_ms) };
    const notes = [end_time_ms > 0 ? speech.say("emission.window", span) : ""];
    if (end_time_ms > 0 && isUncertain(emission, "co2"))
      notes.push(speech.say("emission.uncertain"));
    const note = element("p", { class: "quiet" }, notes.join(". "));
    const bands = emission.noise ? octaves(speech, emission.noise) : undefined;
    this.shown.replaceChildren(note, list(emissionFacts(speech, emission)));
    if (bands !== undefined) this.shown.append(bands);
    if (this.all.open) this.allBody.replaceChildren(pollutantTable(speech, emission));
  }

  private writeBasis(explained: Explained | undefined): void {
    const { speech } = this.context();
    const state = explained?.state ?? "loading";
    const basis = explained?.state === "ready" ? explained.explanation.basis : undefined;
    const nothing = state === "ready" && basis === undefined;
    const text = nothing ? speech.say("emission.no_basis") : "";
    setText(this.state, state === "ready" ? text : speech.say(`explain.${state}`));
    this.state.hidden = this.state.textContent === "";
    this.basis.hidden = basis === undefined;
    if (basis === undefined || basis === this.drawnBasis) return;
    this.drawnBasis = basis;
    const groups = shares(speech, basis);
    this.basis.replaceChildren(list(basisFacts(speech, basis)), parts(speech, basis));
    if (groups !== undefined) this.basis.append(groups);
  }
}
