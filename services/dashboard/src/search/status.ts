/** How the search stands, in words. Pure. */

import type { Say } from "../i18n";
import type { AskerState } from "./asker";
import type { Group, SearchText } from "./found";
import { isSearchable } from "./match";

export interface Standing {
  readonly text: string;
  readonly groups: readonly Group[];
  readonly state: AskerState;
  /** The server has more than it has sent. */
  readonly more: boolean;
  /** What is searched. */
  readonly region: string;
}

export function status(say: Say<SearchText>, number: (n: number) => string, of: Standing): string {
  const { groups, state, region } = of;
  const text = of.text.trim();
  if (!isSearchable(text)) return say("hint");
  const count = groups.reduce((sum, { items }) => sum + items.length, 0);
  const counted = count === 1 ? say("one") : count > 0 ? say("some", { n: number(count) }) : "";
  const cut = of.more || groups.some(({ items, total }) => total > items.length);
  const parts = {
    quiet: [counted, say("short", { region })],
    asking: [counted, say("searching", { region })],
    answered: [counted || say("none", { text, region }), cut ? say("more") : ""],
    failed: [counted, say("failed")],
  }[state];
  return parts.filter(Boolean).join(" ");
}
