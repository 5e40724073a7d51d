/**
 * What does not fit into the header of a phone, behind a button. Where there is room the button is
 * not there and all of it is shown: which of both holds is said by the styles alone.
 */

import { button, element, setText } from "../dom";
import type { Speech } from "../i18n";
import { texts } from "../i18n";

const TEXTS = texts({
  en: { menu: "Menu:" },
  fi: { menu: "Valikko:" },
  sv: { menu: "Meny:" },
});

export class Menu {
  readonly toggle: HTMLButtonElement;
  readonly node: HTMLElement;
  private readonly here = element("span", { class: "menu-here" });
  private isOpen = false;

  constructor(speech: Speech, ...parts: readonly HTMLElement[]) {
    const attributes = { class: "menu-toggle", "aria-controls": "menu", "data-testid": "menu" };
    this.toggle = button(attributes, "", () => this.show(!this.isOpen));
    const name = element("span", { class: "unseen" }, speech.of(TEXTS)("menu"));
    this.toggle.append(name, " ", this.here);
    this.node = element("div", { class: "menu", id: "menu" }, ...parts);
    for (const part of [this.toggle, this.node]) {
      part.addEventListener("keydown", (event) => this.pressed(event));
      part.addEventListener("focusout", ({ relatedTarget }) => this.left(relatedTarget));
    }
    this.show(false);
  }

  /** Says on the button where the reader is. */
  name(view: string): void {
    setText(this.here, view);
  }

  show(open: boolean): void {
    const hadFocus = this.isOpen && this.node.contains(document.activeElement);
    this.isOpen = open;
    this.toggle.setAttribute("aria-expanded", String(open));
    if (!open && hadFocus) this.toggle.focus();
    if (open) document.addEventListener("pointerdown", this.pointed);
    else document.removeEventListener("pointerdown", this.pointed);
  }

  private readonly pointed = ({ target }: Event): void => {
    if (!this.holds(target)) this.show(false);
  };

  private holds(target: EventTarget | null): boolean {
    return target instanceof Node && (this.node.contains(target) || this.toggle.contains(target));
  }

  private pressed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.isOpen) return;
    // It closes the menu, and not the card under it.
    event.stopPropagation();
    this.show(false);
  }

  /** The focus goes on to what the menu would cover. */
  private left(to: EventTarget | null): void {
    if (to !== null && !this.holds(to)) this.show(false);
  }
}
