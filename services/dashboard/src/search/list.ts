/** Results as elements: a group for each kind, an option for each thing. */

import { element } from "../dom";
import type { Say, Speech } from "../i18n";
import type { Found, Group, Kind, SearchText } from "./found";

export interface ListedGroup {
  readonly kind: Kind;
  readonly node: HTMLElement;
  readonly label: HTMLElement;
}

export interface Listed {
  readonly groups: readonly ListedGroup[];
  readonly options: ReadonlyMap<Found, HTMLElement>;
}

export function listed(groups: readonly Group[], speech: Speech, say: Say<SearchText>): Listed {
  const options = new Map<Found, HTMLElement>();
  const nodes = groups.map(({ kind, items, total }): ListedGroup => {
    const values = { n: speech.number(items.length), total: speech.number(total) };
    const count = total > items.length ? element("span", {}, say("of", values)) : undefined;
    const label = element("div", { class: "search-kind" }, say(`kind.${kind}`), count);
    const node = element("div", { class: "search-group", "data-kind": kind }, label);
    for (const found of items) {
      const name = element("span", { class: "search-name" }, found.name);
      const note = found.note === "" ? undefined : element("span", { class: "quiet" }, found.note);
      const option = element("div", { class: "search-option" }, name, note);
      options.set(found, option);
      node.append(option);
    }
    return { kind, node, label };
  });
  return { groups: nodes, options };
}
