/**
 * Writes the line beside each vehicle. Text is drawn once on a canvas, one cell a text, and the
 * canvas is the texture; no glyph server is needed.
 */

import type { Palette } from "../palette";
import { InstanceBatch, InstanceBuffer, link } from "./program";
import { LABEL_FRAGMENT, LABEL_VERTEX } from "./shaders";

const CELL_WIDTH_PX = 40;
const CELL_HEIGHT_PX = 16;
/** Drawn at twice the size, so that text is sharp on fine screens. */
const RESOLUTION = 2;
const COLUMNS = 16;
const ROWS = 64;
/** Texts that fit the atlas: more lines than any city has. What is over stays without a label. */
const MAX_LABELS = COLUMNS * ROWS;
/** Longer texts of a feed are cut: a label is a hint, the card has it whole. */
const MAX_LETTERS = 6;
const FONT = '600 11.5px "Inter", "Segoe UI", system-ui, "DejaVu Sans", sans-serif';

/** Labels to draw in one frame: place x y, cell, staleness. */
export class LabelBatch extends InstanceBatch {
  constructor() {
    super(4);
  }

  add(x: number, y: number, cell: number, staleness: number): void {
    const at = this.next();
    this.floats[at] = x;
    this.floats[at + 1] = y;
    this.floats[at + 2] = cell;
    this.floats[at + 3] = staleness;
  }
}

export class Labels {
  private readonly program: WebGLProgram;
  private readonly instances: InstanceBuffer;
  private readonly texture: WebGLTexture;
  private readonly canvas = document.createElement("canvas");
  private readonly context: CanvasRenderingContext2D | null;
  private readonly cells = new Map<string, number>();
  private changed = true;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    palette: Palette,
  ) {
    this.program = link(gl, LABEL_VERTEX, LABEL_FRAGMENT);
    this.instances = new InstanceBuffer(gl, this.program, [
      ["a_place", 2],
      ["a_look", 2],
    ]);
    this.texture = gl.createTexture();
    this.canvas.width = COLUMNS * CELL_WIDTH_PX * RESOLUTION;
    this.canvas.height = ROWS * CELL_HEIGHT_PX * RESOLUTION;
    this.context = this.canvas.getContext("2d");
    if (this.context === null) return;
    this.context.scale(RESOLUTION, RESOLUTION);
    this.context.font = FONT;
    this.context.textBaseline = "middle";
    this.context.lineJoin = "round";
    this.context.lineWidth = 3;
    this.context.strokeStyle = palette.background;
    this.context.fillStyle = palette.selection;
  }

  /** The cell of a text, drawn when it is new; `undefined` when the atlas is full. */
  cell(line: string): number | undefined {
    const text = line.slice(0, MAX_LETTERS);
    const known = this.cells.get(text);
    if (known !== undefined || this.cells.size >= MAX_LABELS) return known;
    const cell = this.cells.size;
    this.cells.set(text, cell);
    const x = (cell % COLUMNS) * CELL_WIDTH_PX + 2;
    const y = (Math.floor(cell / COLUMNS) + 0.5) * CELL_HEIGHT_PX;
    this.context?.strokeText(text, x, y, CELL_WIDTH_PX - 4);
    this.context?.fillText(text, x, y, CELL_WIDTH_PX - 4);
    this.changed = true;
    return cell;
  }

  /** @param gapPx from the middle of the symbol to the label, CSS pixels */
  draw(batch: LabelBatch, matrix: Float32Array, gapPx: number, ratio: number): void {
    if (batch.count === 0) return;
    const { gl } = this;
    gl.useProgram(this.program);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.texture);
    if (this.changed) this.send();
    gl.uniform1i(this.uniform("u_atlas"), 0);
    gl.uniformMatrix4fv(this.uniform("u_matrix"), false, matrix);
    gl.uniform2f(this.uniform("u_viewport_px"), gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform2f(this.uniform("u_size_px"), CELL_WIDTH_PX * ratio, CELL_HEIGHT_PX * ratio);
    gl.uniform2f(this.uniform("u_grid"), COLUMNS, ROWS);
    gl.uniform1f(this.uniform("u_gap_px"), gapPx * ratio);
    this.instances.draw(batch);
  }

  dispose(): void {
    this.gl.deleteProgram(this.program);
    this.gl.deleteTexture(this.texture);
    this.instances.dispose();
  }

  private send(): void {
    const { gl } = this;
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.pixelStorei(gl.UNPACK_FLIP_Y_WEBGL, false);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, this.canvas);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    this.changed = false;
  }

  private uniform(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }
}
