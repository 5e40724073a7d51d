/**
 * Figures of speed. On a shared machine they say as much of the neighbours as of the page, so they are
 * written down, and must be met only where `TILANNE_BROWSER_STRICT=1` says that the machine is ours.
 */

import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

export interface Figure {
  name: string;
  figure: number;
  unit: string;
  /** The most that it may be. */
  target: number;
}

/** Prints a figure, and adds it to `browser.jsonl` in the folder `TILANNE_BROWSER_REPORT`. */
export function report({ name, figure, unit, target }: Figure): void {
  const met = figure <= target;
  const rounded = Math.round(figure * 100) / 100;
  const line = JSON.stringify({ name, figure: rounded, unit, target, met });
  console.log(line);
  const folder = process.env["TILANNE_BROWSER_REPORT"];
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    appendFileSync(join(folder, "browser.jsonl"), `${line}\n`);
  }
  if (process.env["TILANNE_BROWSER_STRICT"] === "1") {
    expect(figure, name).toBeLessThanOrEqual(target);
  }
}
