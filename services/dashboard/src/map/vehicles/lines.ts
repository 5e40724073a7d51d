/** Draws the traces as thin lines. */

import { link, rgb } from "./program";
import { TRACE_FRAGMENT, TRACE_VERTEX } from "./shaders";
import type { Traces } from "./traces";

/** Faint: they are the ground, not the figure. */
const OPACITY = 0.6;

export class TraceLines {
  private readonly program: WebGLProgram;
  private readonly vertices: WebGLVertexArrayObject;
  private readonly buffer: WebGLBuffer;
  private sentRevision = -1;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    colour: string,
  ) {
    this.program = link(gl, TRACE_VERTEX, TRACE_FRAGMENT);
    this.vertices = gl.createVertexArray();
    this.buffer = gl.createBuffer();
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    const place = gl.getAttribLocation(this.program, "a_place");
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 0, 0);
    gl.bindVertexArray(null);
    gl.useProgram(this.program);
    gl.uniform4f(gl.getUniformLocation(this.program, "u_colour"), ...rgb(colour), OPACITY);
  }

  draw(traces: Traces, matrix: Float32Array): void {
    if (traces.count === 0) return;
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    if (this.sentRevision !== traces.revision) {
      gl.bufferData(gl.ARRAY_BUFFER, traces.floats, gl.DYNAMIC_DRAW);
      this.sentRevision = traces.revision;
    }
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(gl.getUniformLocation(this.program, "u_matrix"), false, matrix);
    gl.bindVertexArray(this.vertices);
    gl.drawArrays(gl.LINES, 0, traces.count * 2);
    gl.bindVertexArray(null);
  }

  dispose(): void {
    this.gl.deleteProgram(this.program);
    this.gl.deleteVertexArray(this.vertices);
    this.gl.deleteBuffer(this.buffer);
  }
}
