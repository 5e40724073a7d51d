/** Names on the ground, drawn on a canvas: no glyph server is needed. */

import { PIXEL_RATIO } from "./icons";
import type { Palette } from "./palette";
import { penOf } from "./pen";

const FONT = '600 12px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';
const HEIGHT_PX = 18;
/** Room at both sides: the halo reaches there. */
const SIDE_PX = 3;
/** A longer name is cut: feeds and files are free to say anything. */
const MAX_LETTERS = 40;

export function nameImage(name: string): string {
  return `name-${name}`;
}

/** A name with a halo of the ground's colour, so that it can be read on anything. */
export function drawName(palette: Palette, name: string): HTMLCanvasElement {
  const text = name.length > MAX_LETTERS ? `${name.slice(0, MAX_LETTERS)}…` : name;
  const canvas = document.createElement("canvas");
  const measuring = penOf(canvas);
  if (measuring !== null) measuring.font = FONT;
  const width = Math.ceil((measuring?.measureText(text).width ?? 60) + 2 * SIDE_PX);
  canvas.width = width * PIXEL_RATIO;
  canvas.height = HEIGHT_PX * PIXEL_RATIO;
  const context = penOf(canvas);
  if (context === null) return canvas;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  context.font = FONT;
  context.textBaseline = "middle";
  context.lineJoin = "round";
  context.lineWidth = 3;
  context.strokeStyle = palette.background;
  context.fillStyle = palette.boundary;
  context.strokeText(text, SIDE_PX, HEIGHT_PX / 2);
  context.fillText(text, SIDE_PX, HEIGHT_PX / 2);
  return canvas;
}
