/** Small pieces of WebGL that the programs of the vehicle layer share. */

export function link(
  gl: WebGL2RenderingContext,
  vertexSource: string,
  fragmentSource: string,
): WebGLProgram {
  const program = gl.createProgram();
  const sources: [number, string][] = [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ];
  for (const [kind, source] of sources) {
    const shader = gl.createShader(kind);
    if (shader === null) continue; // the context is lost; the map will install the layer again
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`vehicle shader does not link: ${gl.getProgramInfoLog(program) ?? ""}`);
  }
  return program;
}

/** Red, green and blue from 0 to 1 of a `#rrggbb` colour. */
export function rgb(colour: string): [number, number, number] {
  const bits = Number.parseInt(colour.slice(1), 16);
  return [((bits >> 16) & 255) / 255, ((bits >> 8) & 255) / 255, (bits & 255) / 255];
}

/** The matrix for places relative to an origin, computed in doubles before it is made 32 bits. */
export function relativeTo(matrix: ArrayLike<number>, x: number, y: number): Float32Array {
  const relative = Float32Array.from(matrix);
  for (let row = 0; row < 4; row += 1) {
    const move = (matrix[row] ?? 0) * x + (matrix[4 + row] ?? 0) * y;
    relative[12 + row] = move + (matrix[12 + row] ?? 0);
  }
  return relative;
}

const FLOAT_BYTES = 4;
const FIRST_INSTANCES = 1024;

/** Instances to draw in one frame, in a buffer that grows as needed and is used again. */
export class InstanceBatch {
  floats: Float32Array<ArrayBuffer>;
  count = 0;

  constructor(readonly floatsEach: number) {
    this.floats = new Float32Array(FIRST_INSTANCES * floatsEach);
  }

  clear(): void {
    this.count = 0;
  }

  /** Makes room for one more instance; returns where its floats go. */
  protected next(): number {
    const at = this.count * this.floatsEach;
    if (at === this.floats.length) {
      const larger = new Float32Array(this.floats.length * 2);
      larger.set(this.floats);
      this.floats = larger;
    }
    this.count += 1;
    return at;
  }
}

/** A square drawn once for each instance; the square's corners are the attribute `a_corner`. */
export class InstanceBuffer {
  private readonly vertices: WebGLVertexArrayObject;
  private readonly instances: WebGLBuffer;
  private readonly corners: WebGLBuffer;

  /** @param attributes names and sizes of what each instance has, in the order of its floats */
  constructor(
    private readonly gl: WebGL2RenderingContext,
    program: WebGLProgram,
    attributes: readonly (readonly [name: string, size: number])[],
  ) {
    this.vertices = gl.createVertexArray();
    this.instances = gl.createBuffer();
    this.corners = gl.createBuffer();
    const floatsEach = attributes.reduce((sum, [, size]) => sum + size, 0);
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
    const corner = gl.getAttribLocation(program, "a_corner");
    gl.enableVertexAttribArray(corner);
    gl.vertexAttribPointer(corner, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.instances);
    let offset = 0;
    for (const [name, size] of attributes) {
      const at = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(at);
      gl.vertexAttribPointer(at, size, gl.FLOAT, false, floatsEach * FLOAT_BYTES, offset);
      gl.vertexAttribDivisor(at, 1);
      offset += size * FLOAT_BYTES;
    }
    gl.bindVertexArray(null);
  }

  /** Draws with the program in use. */
  draw(batch: InstanceBatch): void {
    const { gl } = this;
    gl.bindVertexArray(this.vertices);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.instances);
    const used = batch.floats.subarray(0, batch.count * batch.floatsEach);
    gl.bufferData(gl.ARRAY_BUFFER, used, gl.STREAM_DRAW);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, batch.count);
    gl.bindVertexArray(null);
  }

  dispose(): void {
    this.gl.deleteVertexArray(this.vertices);
    this.gl.deleteBuffer(this.instances);
    this.gl.deleteBuffer(this.corners);
  }
}
