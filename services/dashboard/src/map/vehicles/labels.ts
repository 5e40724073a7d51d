/**
 * The lines that are written beside vehicles: each text is drawn once on a canvas and kept in one
 * texture, so that no glyph server is needed and deck.gl draws a label as an icon.
 */

import type { Device, Texture } from "@luma.gl/core";
import type { Palette } from "../palette";
import { penOf } from "../pen";
import { rgb } from "./look";

export const LABEL_WIDTH_PX = 40;
export const LABEL_HEIGHT_PX = 16;
/** Drawn at twice the size, so that text is sharp on fine screens. */
const RESOLUTION = 2;
const CELL_WIDTH = LABEL_WIDTH_PX * RESOLUTION;
const CELL_HEIGHT = LABEL_HEIGHT_PX * RESOLUTION;
const COLUMNS = 16;
const ROWS = 64;
/** Texts that fit the atlas: more lines than any city has. What is over stays without a label. */
const MAX_LABELS = COLUMNS * ROWS;
/** Longer texts of a feed are cut: a label is a hint, the card has it whole. */
const MAX_LETTERS = 6;
const FONT = '600 11.5px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';

/** Room at both sides of a text, CSS pixels: its halo reaches there. */
const SIDE_PX = 2;

export class LabelAtlas {
  readonly texture: Texture;
  /** By text, what `Fleet` keeps of a label. */
  private readonly cells = new Map<string, readonly number[]>();
  private readonly context: CanvasRenderingContext2D | null;
  private readonly halo: readonly [number, number, number];

  constructor(device: Device, palette: Palette) {
    this.halo = rgb(palette.background);
    this.texture = device.createTexture({
      width: COLUMNS * CELL_WIDTH,
      height: ROWS * CELL_HEIGHT,
      format: "rgba8unorm",
      sampler: {
        minFilter: "linear",
        magFilter: "linear",
        addressModeU: "clamp-to-edge",
        addressModeV: "clamp-to-edge",
      },
    });
    const canvas = document.createElement("canvas");
    canvas.width = CELL_WIDTH;
    canvas.height = CELL_HEIGHT;
    this.context = penOf(canvas);
    if (this.context === null) return;
    this.context.scale(RESOLUTION, RESOLUTION);
    this.context.font = FONT;
    this.context.textBaseline = "middle";
    this.context.lineJoin = "round";
    this.context.lineWidth = 3;
    this.context.strokeStyle = palette.background;
    this.context.fillStyle = palette.selection;
  }

  /** Where the text of a line is, drawn when it is new; `undefined` when the atlas is full. */
  cell(line: string): readonly number[] | undefined {
    const text = line.slice(0, MAX_LETTERS);
    const known = this.cells.get(text);
    if (known !== undefined || this.cells.size >= MAX_LABELS || this.context === null) return known;
    const number = this.cells.size;
    const x = (number % COLUMNS) * CELL_WIDTH;
    const y = Math.floor(number / COLUMNS) * CELL_HEIGHT;
    this.texture.writeData(this.draw(this.context, text), {
      x,
      y,
      width: CELL_WIDTH,
      height: CELL_HEIGHT,
    });
    const cell = [0, 0, x, y, CELL_WIDTH, CELL_HEIGHT, 0];
    this.cells.set(text, cell);
    return cell;
  }

  dispose(): void {
    this.texture.destroy();
  }

  private draw(context: CanvasRenderingContext2D, text: string): Uint8Array {
    const width = LABEL_WIDTH_PX - 2 * SIDE_PX;
    context.clearRect(0, 0, LABEL_WIDTH_PX, LABEL_HEIGHT_PX);
    context.strokeText(text, SIDE_PX, LABEL_HEIGHT_PX / 2, width);
    context.fillText(text, SIDE_PX, LABEL_HEIGHT_PX / 2, width);
    const { data } = context.getImageData(0, 0, CELL_WIDTH, CELL_HEIGHT);
    // What is empty has the halo's colour too, or its edge would be mixed with black.
    for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 0) data.set(this.halo, at);
    return new Uint8Array(data.buffer);
  }
}
