/** How many troubles of each severity there are, at a glance. */

import { element, setText } from "../../dom";
import type { Say, Speech } from "../../i18n";
import { LEVELS, levelOf } from "./severity";
import type { TextKey } from "./texts";
import type { Trouble } from "./troubles";

export class Tally {
  readonly node = element("ul", { class: "wrong-tally", role: "list" });
  private readonly parts = LEVELS.map((level) => {
    const icon = element("span", { class: "wrong-icon", "aria-hidden": "true" });
    const word = element("span", { class: "wrong-level" });
    const count = element("span", { class: "count" });
    const node = element("li", { "data-level": level }, icon, word, count);
    this.node.append(node);
    return { level, node, word, count };
  });

  constructor(say: Say<TextKey>) {
    for (const { level, word } of this.parts) setText(word, say(`level.${level}`));
  }

  /** Levels that there are none of are left out. */
  update(speech: Speech, troubles: readonly Trouble[]): void {
    for (const { level, node, count } of this.parts) {
      const many = troubles.filter(({ score }) => levelOf(score) === level).length;
      node.hidden = many === 0;
      setText(count, speech.number(many));
    }
  }
}
