/** Draws vehicle symbols: one instanced square each, shaped in the fragment shader. */

import { MODES } from "../palette";
import type { Palette } from "../palette";
import { InstanceBatch, InstanceBuffer, link, rgb } from "./program";
import { SYMBOL_FRAGMENT, SYMBOL_VERTEX } from "./shaders";

/** Numbers of one instance: place x y, bearing (negative: none), mode, staleness, selected. */
const INSTANCE_FLOATS = 6;

/** Vehicles to draw in one frame. */
export class SymbolBatch extends InstanceBatch {
  constructor() {
    super(INSTANCE_FLOATS);
  }

  /** @param bearingDeg negative when it is not known */
  add(
    x: number,
    y: number,
    bearingDeg: number,
    mode: number,
    staleness: number,
    selected: number,
  ): void {
    const at = this.next();
    this.floats[at] = x;
    this.floats[at + 1] = y;
    this.floats[at + 2] = bearingDeg;
    this.floats[at + 3] = mode;
    this.floats[at + 4] = staleness;
    this.floats[at + 5] = selected;
  }
}

export class Symbols {
  private readonly program: WebGLProgram;
  private readonly instances: InstanceBuffer;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    palette: Palette,
  ) {
    this.program = link(gl, SYMBOL_VERTEX, SYMBOL_FRAGMENT);
    this.instances = new InstanceBuffer(gl, this.program, [
      ["a_place", 2],
      ["a_look", 4],
    ]);
    gl.useProgram(this.program);
    gl.uniform3fv(
      this.uniform("u_colours"),
      MODES.flatMap((mode) => rgb(palette.mode[mode])),
    );
    gl.uniform3fv(this.uniform("u_stale"), rgb(palette.stale));
    gl.uniform3fv(this.uniform("u_outline"), rgb(palette.outline));
    gl.uniform3fv(this.uniform("u_selection"), rgb(palette.selection));
  }

  draw(batch: SymbolBatch, matrix: Float32Array, radiusPx: number): void {
    const { gl } = this;
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(this.uniform("u_matrix"), false, matrix);
    gl.uniform2f(this.uniform("u_viewport_px"), gl.drawingBufferWidth, gl.drawingBufferHeight);
    gl.uniform1f(this.uniform("u_radius_px"), radiusPx);
    this.instances.draw(batch);
  }

  dispose(): void {
    this.gl.deleteProgram(this.program);
    this.instances.dispose();
  }

  private uniform(name: string): WebGLUniformLocation | null {
    return this.gl.getUniformLocation(this.program, name);
  }
}
