/**
 * The symbols of vehicles: a drop whose point shows the way, or a dot where the bearing is unknown,
 * with an outline; round a selected one a ring. deck.gl's circles, shaped anew in the shader.
 */

import type { DefaultProps, DrawLayerParameters } from "@deck.gl/core";
import type { ScatterplotLayerProps } from "@deck.gl/layers";
import { ScatterplotLayer } from "@deck.gl/layers";

type Colour = [red: number, green: number, blue: number];

interface SymbolProps {
  /** Whether a ring is drawn round the symbol. */
  ringed: boolean;
  /** From 0 to 1. */
  outlineColour: Colour;
  ringColour: Colour;
}

/** What is drawn reaches this far from the middle, radii of the body: the drop; or the ring. */
const REACH = 2.1;
const RING_REACH = 2.8;

const UNIFORMS = `\
layout(std140) uniform symbolUniforms {
  vec3 outline;
  vec3 ring;
  float reach;
  float ringed;
} symbol;
`;

/** The drop is the "uneven capsule" distance function of Inigo Quilez. Lengths in radii of the body. */
const symbolModule = {
  name: "symbol",
  vs: `\
${UNIFORMS}
in float bearings;
out vec2 symbol_place;
flat out float symbol_pixel;
flat out float symbol_pointed;
`,
  fs: `\
${UNIFORMS}
in vec2 symbol_place;
flat in float symbol_pixel;
flat in float symbol_pointed;

float symbol_drop(vec2 p, float body, float point, float reach) {
  p.x = abs(p.x);
  float b = (body - point) / reach;
  float a = sqrt(1.0 - b * b);
  float k = dot(p, vec2(-b, a));
  if (k < 0.0) return length(p) - body;
  if (k > a * reach) return length(p - vec2(0.0, reach)) - point;
  return dot(p, vec2(a, b)) - body;
}

float symbol_inside(float distance) {
  return 1.0 - smoothstep(-0.5 * symbol_pixel, 0.5 * symbol_pixel, distance);
}
`,
  uniformTypes: { outline: "vec3<f32>", ring: "vec3<f32>", reach: "f32", ringed: "f32" },
  inject: {
    "vs:#main-end": `
  symbol_pointed = step(0.0, bearings);
  float symbol_angle = radians(bearings) * symbol_pointed;
  float symbol_sin = sin(symbol_angle), symbol_cos = cos(symbol_angle);
  symbol_place = mat2(symbol_cos, symbol_sin, -symbol_sin, symbol_cos) * unitPosition * symbol.reach;
  symbol_pixel = 1.0 / (outerRadiusPixels * project.devicePixelRatio);
`,
    "vs:DECKGL_FILTER_SIZE": `
  size.xy *= symbol.reach;
`,
    "fs:DECKGL_FILTER_COLOR": `
  float away = length(symbol_place);
  float shape = symbol_pointed > 0.5 ? symbol_drop(symbol_place, 1.0, 0.12, 1.75) : away - 1.0;
  color.rgb = mix(symbol.outline, color.rgb, symbol_inside(shape));
  color.a *= symbol_inside(shape - 1.3 * symbol_pixel);
  float ring = symbol.ringed * symbol_inside(abs(away - 2.35) - symbol_pixel);
  color = mix(color, vec4(symbol.ring, 1.0), ring);
  if (color.a < 0.004) discard;
`,
  },
} as const;

const defaultProps: DefaultProps<SymbolProps> = {
  ringed: false,
  outlineColour: { type: "array", value: [0, 0, 0] },
  ringColour: { type: "array", value: [1, 1, 1] },
};

/** `radiusScale` is the radius of the body in CSS pixels. */
export class SymbolLayer extends ScatterplotLayer<unknown, SymbolProps> {
  static override layerName = "SymbolLayer";
  static override defaultProps = {
    ...defaultProps,
    getBearing: { type: "accessor", value: -1 },
    radiusUnits: "pixels",
    billboard: true,
    antialiasing: false,
  } as unknown as DefaultProps<ScatterplotLayerProps>;

  override getShaders(): unknown {
    const shaders = super.getShaders() as { modules: unknown[] };
    return { ...shaders, modules: [...shaders.modules, symbolModule] };
  }

  override initializeState(): void {
    super.initializeState();
    this.getAttributeManager()?.addInstanced({ bearings: { size: 1, accessor: "getBearing" } });
  }

  override draw(parameters: DrawLayerParameters & { uniforms: unknown }): void {
    const { ringed, outlineColour: outline, ringColour: ring } = this.props;
    const reach = ringed ? RING_REACH : REACH;
    this.setShaderModuleProps({ symbol: { outline, ring, reach, ringed: ringed ? 1 : 0 } });
    super.draw(parameters);
  }
}
