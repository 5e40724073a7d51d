/** Light or dark: what the reader has chosen, else what the system prefers. */

import { recall, remember } from "./memory";

export const THEMES = ["auto", "light", "dark"] as const;
export type ThemeChoice = (typeof THEMES)[number];

export class Theme {
  private readonly system = window.matchMedia("(prefers-color-scheme: dark)");
  private chosen: ThemeChoice;

  /**
   * @param changed called when the colours are others. What has them from the styles has changed by then;
   * what draws them itself is still to
   */
  constructor(private readonly changed: () => void) {
    const before = recall("theme");
    this.chosen = THEMES.find((theme) => theme === before) ?? "auto";
    this.system.addEventListener("change", () => {
      if (this.chosen === "auto") this.apply();
    });
    this.mark();
  }

  get choice(): ThemeChoice {
    return this.chosen;
  }

  get dark(): boolean {
    return this.chosen === "auto" ? this.system.matches : this.chosen === "dark";
  }

  choose(choice: ThemeChoice): void {
    this.chosen = choice;
    remember("theme", choice);
    this.apply();
  }

  private apply(): void {
    const before = document.documentElement.dataset["theme"];
    this.mark();
    if (document.documentElement.dataset["theme"] !== before) this.changed();
  }

  private mark(): void {
    document.documentElement.dataset["theme"] = this.dark ? "dark" : "light";
  }
}
