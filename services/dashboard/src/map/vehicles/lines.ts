/**
 * The traces as lines one pixel wide. deck.gl's own lines are instanced, which costs a computer
 * without a graphics card a drawing for each; these are plain, and go to it in one piece.
 */

import type { DefaultProps, LayerProps } from "@deck.gl/core";
import { Layer, project32 } from "@deck.gl/core";
import { Model } from "@luma.gl/engine";

interface TraceProps extends LayerProps {
  /** Both ends of each line, one after the other. */
  data: { length: number };
  /** Red, green and blue from 0 to 1. */
  colour: [number, number, number];
}

const traceModule = {
  name: "trace",
  fs: `\
layout(std140) uniform traceUniforms {
  vec4 colour;
} trace;
`,
  uniformTypes: { colour: "vec4<f32>" },
} as const;

const VERTEX = `#version 300 es
in vec3 places;
in vec3 places64Low;
void main() {
  gl_Position = project_position_to_clipspace(places, places64Low, vec3(0.0));
}`;

const FRAGMENT = `#version 300 es
precision highp float;
out vec4 fragColor;
void main() {
  fragColor = trace.colour;
}`;

const defaultProps: DefaultProps<TraceProps> = {
  colour: { type: "array", value: [0, 0, 0] },
};

export class TraceLayer extends Layer<Required<TraceProps>> {
  static override layerName = "TraceLayer";
  static override defaultProps = {
    ...defaultProps,
    getPosition: { type: "accessor", value: [0, 0] },
  } as unknown as DefaultProps<LayerProps>;

  declare state: { model?: Model };

  override getShaders(): unknown {
    return super.getShaders({ vs: VERTEX, fs: FRAGMENT, modules: [project32, traceModule] });
  }

  override initializeState(): void {
    const attributes = this.getAttributeManager();
    attributes?.add({
      places: {
        size: 3,
        type: "float64",
        fp64: this.use64bitPositions(),
        accessor: "getPosition",
      },
    });
    this.state.model = new Model(this.context.device, {
      ...(this.getShaders() as { vs: string; fs: string }),
      id: this.props.id,
      bufferLayout: attributes?.getBufferLayouts() ?? [],
      topology: "line-list",
      isInstanced: false,
    });
  }

  override draw(): void {
    const { colour, opacity, data } = this.props;
    const { model } = this.state;
    if (model === undefined) return;
    model.setVertexCount(data.length);
    model.shaderInputs.setProps({ trace: { colour: [...colour, opacity] } });
    model.draw(this.context.renderPass);
  }
}
