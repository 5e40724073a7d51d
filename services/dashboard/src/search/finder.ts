/** Finds what is typed, lists it, and goes to what is chosen. */

import { setText } from "../dom";
import type { PanelContext } from "../panels/panel";
import { regionName } from "../stream/region_state";
import { Asker } from "./asker";
import { Combobox } from "./combobox";
import { find } from "./find";
import type { Found, Group } from "./found";
import type { SearchActions } from "./go";
import { go } from "./go";
import type { BoxParts } from "./parts";
import { listed } from "./list";
import { Typed, isSearchable } from "./match";
import { status } from "./status";
import { TEXTS } from "./texts";
import { thingsOf } from "./things";

export class Finder {
  private readonly asker: Asker;
  private readonly combobox: Combobox;
  /** What is listed, to leave it alone while it is the same. */
  private shown = "";

  constructor(
    private readonly parts: BoxParts,
    private readonly context: () => PanelContext,
    private readonly actions: SearchActions,
  ) {
    const place = () => ({ source: context().source, region: context().city.region });
    this.asker = new Asker(place, () => this.refresh());
    const { clear, root } = parts;
    // Before the combobox hears of Enter, and after it has heard of Escape.
    root.addEventListener("keydown", (event) => this.entered(event), { capture: true });
    root.addEventListener("keydown", (event) => this.escaped(event));
    this.combobox = new Combobox(parts, {
      typed: () => this.search(),
      chosen: (found) => void this.choose(found),
      opened: (open) => (open ? this.enter() : this.leave()),
    });
    clear.addEventListener("click", () => this.clear());
    this.search();
  }

  /** Lists what there is now, in the language of the reader. */
  refresh(): void {
    const { parts, asker } = this;
    const { speech, city, settings } = this.context();
    const say = speech.of(TEXTS);
    const groups = this.find();
    parts.clear.hidden = parts.input.value === "";
    const shown = JSON.stringify([speech.language, groups]);
    if (shown !== this.shown) {
      this.shown = shown;
      this.combobox.show(listed(groups, speech, say));
    }
    const region = regionName(settings.cities, city.region);
    const { state, more } = asker;
    const of = { text: parts.input.value, groups, state, more, region };
    const text = status(say, (n) => speech.number(n), of);
    setText(parts.status, text);
    // Not each count while it still changes.
    const said = state === "asking" ? say("searching", { region }) : text;
    if (this.combobox.isOpen) setText(parts.announcer, said);
  }

  private find(): Group[] {
    const { speech, settings, picture, overview, city, nowMs } = this.context();
    const [west, south, east, north] = city.bbox;
    const [latitude_deg, longitude_deg] = this.actions.centre() ?? [
      (south + north) / 2,
      (west + east) / 2,
    ];
    const regions = overview.all().map((region) => thingsOf(region.picture));
    return find({
      typed: new Typed(this.parts.input.value),
      things: [thingsOf(picture), ...regions, this.asker.things],
      cities: settings.cities,
      centre: { latitude_deg, longitude_deg },
      nowMs: nowMs ?? 0,
      speech,
      say: speech.of(TEXTS),
    });
  }

  private search(): void {
    this.asker.ask(this.parts.input.value);
    this.refresh();
  }

  private enter(): void {
    this.search();
    this.combobox.highlightFirst();
  }

  /** The list was closed: what comes now is for nobody, and old when it is opened again. */
  private leave(): void {
    this.asker.stop();
    setText(this.parts.announcer, "");
  }

  private clear(): void {
    this.combobox.clear();
    this.parts.input.value = "";
    this.parts.input.focus();
  }

  private async choose(found: Found): Promise<void> {
    const { input, status: shown, announcer } = this.parts;
    const context = this.context();
    const say = context.speech.of(TEXTS);
    const { name } = found;
    try {
      await go(found.goal, context, this.actions);
    } catch {
      const text = say("gone", { name });
      setText(shown, text);
      setText(announcer, text);
      return;
    }
    // Else the card has the focus now, and says what is shown.
    if (found.goal.selection === undefined) context.announce(say("shown", { name }));
    if (document.activeElement === input) this.combobox.close();
    else this.combobox.leave();
  }

  /** Nothing to choose yet: asks at once. */
  private entered(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || event.target !== this.parts.input) return;
    const { combobox, asker } = this;
    if (combobox.isOpen && combobox.active !== null) return;
    event.preventDefault();
    if (!isSearchable(this.parts.input.value)) return;
    if (!combobox.isOpen) combobox.open();
    asker.hurry();
    this.refresh();
  }

  /** Closes the list, or else empties the box. */
  private escaped(event: KeyboardEvent): void {
    if (event.key !== "Escape") return;
    if (this.combobox.isOpen) this.combobox.close();
    else this.clear();
  }
}
