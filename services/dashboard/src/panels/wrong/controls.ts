/** What of all troubles is listed: some kinds, one city. */

import { button, element, setText } from "../../dom";
import type { Say } from "../../i18n";
import type { City } from "../../settings";
import type { TextKey } from "./texts";
import type { Filter, TroubleKind } from "./troubles";
import { KINDS } from "./troubles";

export class Controls {
  readonly node: HTMLElement;
  private readonly kinds = new Set<TroubleKind>();
  private readonly counts = new Map<TroubleKind, HTMLElement>();
  private readonly buttons = new Map<TroubleKind, HTMLButtonElement>();
  private readonly all: HTMLButtonElement;
  private readonly city: HTMLSelectElement;

  /** @param changed called when something else is chosen */
  constructor(
    say: Say<TextKey>,
    private readonly cities: readonly City[],
    changed: () => void,
  ) {
    const choose = (change: () => void): void => {
      change();
      this.press();
      changed();
    };
    this.all = button({}, say("all"), () => choose(() => this.kinds.clear()));
    const group = element("div", {
      class: "wrong-kinds",
      role: "group",
      "aria-label": say("kinds"),
    });
    group.append(this.all);
    for (const kind of KINDS) {
      const count = element("span", { class: "count" });
      const one = button({ "data-kind": kind }, `${say(`kind.${kind}`)} `, () =>
        choose(() => {
          if (!this.kinds.delete(kind)) this.kinds.add(kind);
        }),
      );
      one.append(count);
      this.counts.set(kind, count);
      this.buttons.set(kind, one);
      group.append(one);
    }
    this.city = element("select");
    this.city.append(element("option", { value: "" }, say("all_cities")));
    for (const { id, name } of cities) this.city.append(element("option", { value: id }, name));
    this.city.addEventListener("change", changed);
    const label = element("label", { class: "wrong-city" }, say("city"), this.city);
    this.node = element("div", { class: "wrong-controls" }, group, label);
    this.press();
  }

  get filter(): Filter {
    return { kinds: this.kinds, city: this.cities.find(({ id }) => id === this.city.value) };
  }

  /** Says how many there are of each kind in the city that is chosen. */
  count(counts: ReadonlyMap<string, number>, write: (count: number) => string): void {
    for (const [kind, node] of this.counts) setText(node, write(counts.get(kind) ?? 0));
  }

  private press(): void {
    this.all.setAttribute("aria-pressed", String(this.kinds.size === 0));
    for (const [kind, one] of this.buttons) {
      one.setAttribute("aria-pressed", String(this.kinds.has(kind)));
    }
  }
}
