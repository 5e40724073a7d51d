/** Traffic by area: speed, what is lost and queued, and how much of the streets that is known of. */

import type { Area, Coverage } from "tilanne-client";
import { button, element, setText } from "../../dom";
import type { Speech } from "../../i18n";
import { LINK_STALE_AFTER_MS } from "../../map/streets";
import { reorder } from "../../reorder";
import { areaKind, areaName } from "../../words";
import type { Panel } from "../panel";

/** Longest list; the whole region has some hundred districts, of which the worst come first. */
const MAX_AREAS = 30;
/** Largest first; what is none of these is listed after them under its own name. */
const KINDS: readonly string[] = ["region", "city", "district", "postal_area"];
/** Cells are on the map, and too many to list. */
const CELL = "cell";
const COVERED = ["measured", "fused", "inferred", "typical", "unknown"] as const;

/** The coverage in words. */
export function coverageText(speech: Speech, coverage: Coverage): string {
  return COVERED.filter((how) => coverage[how] >= 0.005)
    .map((how) => `${speech.word("cover", how)} ${speech.quantity("percent", coverage[how] * 100)}`)
    .join(", ");
}

/** One area, kept while it is listed so that the focus stays where it is. */
class Entry {
  readonly node: HTMLLIElement;
  private readonly open: HTMLButtonElement;
  private readonly kind = element("span", { class: "quiet" });
  private readonly speed = element("span", { class: "count" });
  private readonly free = element("span", { class: "quiet grow" });
  private readonly bar = element("div", { class: "coverage", role: "img" });
  private readonly lost = element("p", { class: "quiet" });
  private readonly queued = element("span", { class: "quiet" });

  constructor(select: () => void) {
    this.open = button({ class: "link name" }, "", select);
    const head = element("div", { class: "row" }, this.open, this.kind);
    const speed = element("div", { class: "row" }, this.speed, this.free, this.queued);
    for (const how of COVERED) this.bar.append(element("span", { "data-how": how }));
    this.node = element("li", { class: "area" }, head, speed, this.bar, this.lost);
  }

  update(speech: Speech, area: Area, nowMs: number): void {
    const { coverage, speed_km_h: speed, free_flow_speed_km_h: free } = area;
    // Without a time it has had no value yet, which is not the same as an old one.
    const old = area.event_time_ms > 0 && nowMs - area.event_time_ms > LINK_STALE_AFTER_MS;
    this.node.classList.toggle("old", old);
    setText(this.open, areaName(area));
    setText(this.kind, areaKind(speech, area));
    const known = speed !== null && speed !== undefined;
    setText(this.speed, known ? speech.quantity("km_h", speed) : speech.say("area.no_speed"));
    const of = known && free ? speech.say("area.of", { free: speech.quantity("km_h", free) }) : "";
    const age = speech.span(nowMs - area.event_time_ms);
    setText(this.free, old ? speech.say("area.old", { age }) : of);
    const text = coverageText(speech, coverage);
    this.bar.setAttribute("aria-label", text);
    this.bar.title = text;
    for (const [index, how] of COVERED.entries()) {
      const part = this.bar.children[index];
      if (part instanceof HTMLElement) part.style.flexGrow = String(coverage[how]);
    }
    setText(this.lost, speech.say("area.lost", { amount: speech.decimal(area.delay_veh_h_h) }));
    const queued = speech.length(area.queue_km * 1000);
    setText(this.queued, area.queue_km > 0 ? speech.say("area.queued", { length: queued }) : "");
  }
}

function rank(kind: string): number {
  const known = KINDS.indexOf(kind);
  return known < 0 ? KINDS.length : known;
}

export const areasPanel: Panel = {
  id: "areas",
  title: (speech) => speech.say("areas.title"),
  place: "side",
  size: "third",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const entries = new Map<string, Entry>();
    const none = element("p", { class: "quiet" }, speech.say("areas.none"));
    const key = element("ul", { class: "coverage-key" });
    for (const how of COVERED) {
      const swatch = element("span", { class: "swatch", "data-how": how, "aria-hidden": "true" });
      key.append(element("li", {}, swatch, speech.word("cover", how)));
    }
    const list = element("ul", { class: "areas" });
    const note = element("p", { class: "quiet" });
    body.append(none, key, list, note);
    return () => {
      const now = context();
      const nowMs = now.nowMs ?? 0;
      const areas = now.inView.areas.filter(({ kind }) => kind !== CELL);
      areas.sort(
        (a, b) =>
          rank(a.kind) - rank(b.kind) ||
          b.delay_veh_h_h - a.delay_veh_h_h ||
          (a.id < b.id ? -1 : 1),
      );
      none.hidden = areas.length > 0;
      key.hidden = areas.length === 0;
      const shown = areas.slice(0, MAX_AREAS);
      const left = new Set(entries.keys());
      const rows: HTMLElement[] = [];
      for (const area of shown) {
        const select = (): void => context().select({ layer: "areas", id: area.id });
        const entry = entries.get(area.id) ?? new Entry(select);
        entries.set(area.id, entry);
        left.delete(area.id);
        entry.update(speech, area, nowMs);
        rows.push(entry.node);
      }
      for (const id of left) {
        entries.get(id)?.node.remove();
        entries.delete(id);
      }
      reorder(list, rows);
      const more = areas.length - shown.length;
      setText(note, more > 0 ? speech.say("objects.more", { count: speech.number(more) }) : "");
    };
  },
};
