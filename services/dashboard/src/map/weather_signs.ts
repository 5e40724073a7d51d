/** Signs of road weather stations, drawn on a canvas: a picture of the road, and a temperature. */

import type { Map as MapLibre } from "maplibre-gl";
import type { Draw } from "./icons";
import { PIXEL_RATIO, addSign, dot, lines } from "./icons";
import type { Palette, Surface } from "./palette";
import { SLIPPERY } from "./palette";
import { penOf } from "./pen";
import type { WeatherLook } from "./weather";

const HEIGHT_PX = 20;
/** Middle of the picture, from the left and from the top. */
const PICTURE_PX = 10;
const TEXT_FROM_PX = 18;
const SIDE_PX = 5;
const CORNER_PX = 5;
const FONT = '700 11px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';

/** A drop of water round the middle. */
function drop(context: CanvasRenderingContext2D): void {
  context.beginPath();
  context.moveTo(0, -5);
  context.bezierCurveTo(1.4, -2.4, 3.7, -0.6, 3.7, 1.6);
  context.arc(0, 1.6, 3.7, 0, Math.PI);
  context.bezierCurveTo(-3.7, -0.6, -1.4, -2.4, 0, -5);
  context.closePath();
}

function hexagon(context: CanvasRenderingContext2D, radius: number): void {
  context.beginPath();
  for (let corner = 0; corner < 6; corner += 1) {
    const angle = (corner * Math.PI) / 3 + Math.PI / 6;
    context.lineTo(radius * Math.cos(angle), radius * Math.sin(angle));
  }
  context.closePath();
}

/** What lies on the road, about 10 px in size round the middle, in the context's colours. */
const PICTURES: Readonly<Record<Surface, Draw>> = {
  // A bare road, running away.
  dry: (context) =>
    lines(context, [-4.5, 5, -2, -5], [4.5, 5, 2, -5], [0, -4, 0, -2.2], [0, 1, 0, 3.6]),
  // A drop that is not full.
  moist: (context) => {
    drop(context);
    context.stroke();
  },
  wet: (context) => {
    drop(context);
    context.fill();
    context.stroke();
  },
  // Waves.
  slush: (context) => {
    for (const y of [-2.6, 2.6]) {
      context.beginPath();
      context.moveTo(-5, y + 1);
      context.bezierCurveTo(-3, y - 3, -1.5, y - 3, 0, y);
      context.bezierCurveTo(1.5, y + 3, 3, y + 3, 5, y - 1);
      context.stroke();
    }
  },
  // A flake.
  snow: (context) => {
    lines(context, [0, -5, 0, 5], [-4.3, -2.5, 4.3, 2.5], [-4.3, 2.5, 4.3, -2.5]);
  },
  // Needles that grow from the ground.
  frost: (context) =>
    lines(context, [-5, 4.5, 5, 4.5], [-3.4, 4, -3.4, -0.5], [0, 4, 0, -4.5], [3.4, 4, 3.4, -0.5]),
  // A crystal.
  ice: (context) => {
    hexagon(context, 5);
    context.stroke();
    dot(context, 0, 0, 1.7);
  },
  unspecified: (context) => {
    context.font = FONT;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText("?", 0, 0.75);
  },
};

/** The sign; without a text only its picture. */
export function drawWeatherSign(
  palette: Palette,
  { surface, text, grey }: WeatherLook,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const measuring = penOf(canvas);
  if (measuring !== null) measuring.font = FONT;
  const width = text === "" ? HEIGHT_PX : widthOf(measuring?.measureText(text).width ?? 24);
  canvas.width = width * PIXEL_RATIO;
  canvas.height = HEIGHT_PX * PIXEL_RATIO;
  const context = penOf(canvas);
  if (context === null) return canvas;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  const colour = palette.surface[grey ? "unspecified" : surface];
  const filled = !grey && SLIPPERY.includes(surface);
  board(context, width, 1, palette.outline);
  board(context, width, 2, filled ? colour : palette.outline);
  context.strokeStyle = colour;
  context.lineWidth = 1.6;
  context.setLineDash(grey ? [3, 2] : []);
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = context.fillStyle = filled ? palette.outline : colour;
  context.font = FONT;
  context.textBaseline = "middle";
  context.fillText(text, TEXT_FROM_PX, HEIGHT_PX / 2 + 0.75);
  context.translate(PICTURE_PX, HEIGHT_PX / 2);
  context.lineCap = context.lineJoin = "round";
  PICTURES[surface](context);
  return canvas;
}

function widthOf(text_px: number): number {
  return Math.ceil(TEXT_FROM_PX + text_px + SIDE_PX);
}

/** A rounded board, so far from the edge. */
function board(
  context: CanvasRenderingContext2D,
  width: number,
  inset: number,
  colour: string,
): void {
  context.beginPath();
  context.roundRect(inset, inset, width - 2 * inset, HEIGHT_PX - 2 * inset, CORNER_PX);
  context.fillStyle = colour;
  context.fill();
}

/** Gives the map a sign, once; returns its name. */
export function addWeatherSign(map: MapLibre, palette: Palette, look: WeatherLook): string {
  const id = `weather-${look.surface}-${look.grey ? "grey" : "live"}-${look.text}`;
  addSign(map, id, () => drawWeatherSign(palette, look));
  return id;
}
