/**
 * Images of the map, drawn on a canvas: no sprite and no glyph server is needed.
 */

import type { Map as MapLibre } from "maplibre-gl";
import type { Level, Palette, SituationKind } from "./palette";
import { LEVELS, SITUATIONS } from "./palette";
import { penOf } from "./pen";
import { Recent } from "./recent";

/** Drawn at twice the size, so that they are sharp on fine screens. */
export const PIXEL_RATIO = 2;
const SIZE_PX = 22;
/** Middle of an icon. */
export const HALF_PX = SIZE_PX / 2;

export type Draw = (context: CanvasRenderingContext2D) => void;

export function detectorIcon(left: Level, right: Level): string {
  return `detector-${left}-${right}`;
}

/** A message that the traffic contradicts has an icon of its own. */
export function situationIcon(kind: SituationKind, contradicted: boolean): string {
  return `situation-${kind}${contradicted ? "-contradicted" : ""}`;
}

/** Two half discs: the level of service of direction 1 and 2. */
export function drawDetector(palette: Palette, left: Level, right: Level): Draw {
  return (context) => {
    const disc = (from: number, to: number, radius: number, colour: string): void => {
      context.beginPath();
      context.arc(HALF_PX, HALF_PX, radius, from, to);
      context.fillStyle = colour;
      context.fill();
    };
    const [top, bottom] = [-Math.PI / 2, Math.PI / 2];
    disc(0, 2 * Math.PI, 9, palette.outline);
    disc(bottom, top, 7.5, palette.level[left]);
    disc(top, bottom, 7.5, palette.level[right]);
    context.fillStyle = palette.outline;
    context.fillRect(HALF_PX - 0.6, HALF_PX - 8, 1.2, 16);
  };
}

/**
 * A rounded diamond with a sign of its own, so that kinds differ by more than colour; hollow when
 * the traffic contradicts the message.
 */
export function drawSituation(palette: Palette, kind: SituationKind, contradicted: boolean): Draw {
  return (context) => {
    const colour = palette.situation[kind];
    context.translate(HALF_PX, HALF_PX);
    context.rotate(Math.PI / 4);
    context.beginPath();
    context.roundRect(-7.5, -7.5, 15, 15, 2.5);
    context.fillStyle = contradicted ? palette.outline : colour;
    context.fill();
    context.lineWidth = contradicted ? 1.8 : 1.4;
    context.strokeStyle = contradicted ? colour : palette.outline;
    context.stroke();
    context.rotate(-Math.PI / 4);
    context.strokeStyle = context.fillStyle = contradicted ? colour : "#ffffff";
    context.lineWidth = 1.8;
    context.lineCap = "round";
    SIGNS[kind](context);
  };
}

export function lines(context: CanvasRenderingContext2D, ...paths: readonly number[][]): void {
  for (const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] of paths) {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }
}

export function dot(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

const exclamation: Draw = (context) => {
  lines(context, [0, -4.5, 0, 0.8]);
  dot(context, 0, 4, 1.2);
};

const SIGNS: Readonly<Record<SituationKind, Draw>> = {
  traffic_announcement: exclamation,
  // A barrier: a board on two legs.
  road_work: (context) =>
    lines(context, [-4.5, -2, 4.5, -2], [-4.5, 0.8, 4.5, 0.8], [-3, -2, -3, 4.5], [3, -2, 3, 4.5]),
  // A weight.
  weight_restriction: (context) => {
    lines(context, [-4, 3.5, 4, 3.5], [-4, 3.5, -2, -1], [4, 3.5, 2, -1], [-2, -1, 2, -1]);
    dot(context, 0, -3.2, 1.6);
  },
  // A wide load.
  exempted_transport: (context) =>
    lines(context, [-5, 0, 5, 0], [-5, 0, -3, -2], [-5, 0, -3, 2], [5, 0, 3, -2], [5, 0, 3, 2]),
  // A stop sign of public transport: a board on a pole.
  service_alert: (context) => {
    context.fillRect(-3, -5, 6, 5);
    lines(context, [0, 0, 0, 5]);
  },
  unspecified: exclamation,
};

export function queueSign(text: string, irregular: boolean): string {
  return `queue-${irregular ? "irregular" : "usual"}-${text}`;
}

/** Height of a queue's sign with its pin, and the room at its sides. */
const SIGN_PX = { height: 24, pin: 6, side: 7, font: '700 11px "Inter", system-ui, sans-serif' };

/** The sign at the head of a queue: its length, with a mark when the queue is not usual. */
export function drawQueueSign(
  palette: Palette,
  text: string,
  irregular: boolean,
): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  const words = irregular ? `! ${text}` : text;
  const measuring = penOf(canvas);
  if (measuring !== null) measuring.font = SIGN_PX.font;
  const width = Math.ceil(measuring?.measureText(words).width ?? 40) + 2 * SIGN_PX.side;
  canvas.width = width * PIXEL_RATIO;
  canvas.height = SIGN_PX.height * PIXEL_RATIO;
  const context = penOf(canvas);
  if (context === null) return canvas;
  context.scale(PIXEL_RATIO, PIXEL_RATIO);
  const board = SIGN_PX.height - SIGN_PX.pin;
  context.beginPath();
  context.roundRect(1, 1, width - 2, board - 1, 5);
  context.moveTo(width / 2 - 4.5, board);
  context.lineTo(width / 2, SIGN_PX.height - 1);
  context.lineTo(width / 2 + 4.5, board);
  context.closePath();
  context.lineWidth = 2;
  context.strokeStyle = palette.outline;
  context.stroke();
  context.fillStyle = irregular ? palette.street.irregular : palette.street.queue;
  context.fill();
  context.font = SIGN_PX.font;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = palette.outline;
  context.fillText(words, width / 2, board / 2 + 0.75);
  return canvas;
}

/** Gives the map the sign of a length, once. */
export function addQueueSign(
  map: MapLibre,
  palette: Palette,
  text: string,
  irregular: boolean,
): void {
  const id = queueSign(text, irregular);
  addSign(map, id, () => drawQueueSign(palette, text, irregular));
}

/**
 * Signs that a map keeps. Their texts change all day, and each takes some 15 kB; in view there are a hundred
 * or two.
 */
const SIGNS_MAX = 512;
const signs = new WeakMap<MapLibre, Recent>();

/** Gives the map a sign whose text will be another one soon, once; the oldest goes for it. */
export function addSign(map: MapLibre, id: string, draw: () => HTMLCanvasElement): void {
  const recent = signs.get(map) ?? new Recent(SIGNS_MAX);
  signs.set(map, recent);
  const oldest = recent.use(id);
  // Another style begins without images.
  if (oldest !== undefined && map.hasImage(oldest)) map.removeImage(oldest);
  addCanvas(map, id, draw);
}

/** Gives the map an image drawn on a canvas, once. */
export function addCanvas(map: MapLibre, id: string, draw: () => HTMLCanvasElement): void {
  if (map.hasImage(id)) return;
  const canvas = draw();
  const pixels = penOf(canvas)?.getImageData(0, 0, canvas.width, canvas.height);
  if (pixels !== undefined) map.addImage(id, pixels, { pixelRatio: PIXEL_RATIO });
}

/** Draws an image in its own square canvas. */
export function canvasOf(draw: Draw): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE_PX * PIXEL_RATIO;
  const context = penOf(canvas);
  if (context !== null) {
    context.scale(PIXEL_RATIO, PIXEL_RATIO);
    draw(context);
  }
  return canvas;
}

/** Gives the map an icon, once. */
export function addIcon(map: MapLibre, id: string, draw: Draw): void {
  addCanvas(map, id, () => canvasOf(draw));
}

/** Gives the map every icon of which there are few. */
export function addIcons(map: MapLibre, palette: Palette): void {
  for (const left of LEVELS) {
    for (const right of LEVELS) {
      addIcon(map, detectorIcon(left, right), drawDetector(palette, left, right));
    }
  }
  for (const kind of SITUATIONS) {
    for (const contradicted of [false, true]) {
      const id = situationIcon(kind, contradicted);
      addIcon(map, id, drawSituation(palette, kind, contradicted));
    }
  }
}
