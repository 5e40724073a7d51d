/**
 * Lets the graphics card move and age vehicles: any deck.gl layer with this extension draws each
 * object between where its glide began and its newest fix, and never beyond; and fades it as its
 * fix grows old. Between changes of the picture only the two times are sent.
 */

import type { Layer } from "@deck.gl/core";
import { LayerExtension } from "@deck.gl/core";
import { FADE_MS, STALE_AFTER_MS, STALE_OPACITY } from "./look";

export type GlideUniforms = {
  /** The page's time and the server's, seconds since the epochs of the attributes. */
  nowS: number;
  serverNowS: number;
  /** Red, green and blue of what is stale, 0 to 1. */
  stale: [number, number, number];
};

const float = (value: number): string => value.toFixed(4);
const FADE_S = FADE_MS / 1_000;
const FADE_FROM_S = STALE_AFTER_MS / 1_000 - FADE_S;

/**
 * The way back is small, so 32 bits hold it exactly enough; deck.gl keeps the fix itself in 64. Added
 * in clip space, it needs no second projection: on the plane the projection is linear.
 */
const glideModule = {
  name: "glide",
  vs: `\
layout(std140) uniform glideUniforms {
  float nowS;
  float serverNowS;
  vec3 stale;
} glide;

in vec4 glides;
in float fixes;

vec2 glide_way_back() {
  float share = glides.w > 0.0 ? clamp((glide.nowS - glides.z) / glides.w, 0.0, 1.0) : 1.0;
  return glides.xy * (1.0 - share);
}

float glide_staleness() {
  float ageS = glide.serverNowS - fixes;
  return clamp((ageS - ${float(FADE_FROM_S)}) / ${float(FADE_S)}, 0.0, 1.0);
}
`,
  uniformTypes: { nowS: "f32", serverNowS: "f32", stale: "vec3<f32>" },
  inject: {
    "vs:DECKGL_FILTER_GL_POSITION": `
  position += project.viewProjectionMatrix * vec4(glide_way_back(), 0.0, 0.0);
`,
    "vs:DECKGL_FILTER_COLOR": `
  float stale = glide_staleness();
  color = vec4(mix(color.rgb, glide.stale, stale), color.a * mix(1.0, ${float(STALE_OPACITY)}, stale));
`,
  },
} as const;

interface GlideOptions {
  uniforms(): GlideUniforms;
}

export class GlideExtension extends LayerExtension<GlideOptions> {
  static override extensionName = "GlideExtension";
  static override defaultProps = {
    getGlide: { type: "accessor", value: [0, 0, 0, 0] },
    getFix: { type: "accessor", value: 0 },
  };

  override getShaders(): unknown {
    return { modules: [glideModule] };
  }

  override initializeState(this: Layer): void {
    this.getAttributeManager()?.addInstanced({
      glides: { size: 4, accessor: "getGlide" },
      fixes: { size: 1, accessor: "getFix" },
    });
  }

  override draw(this: Layer, _parameters: unknown, extension: this): void {
    this.setShaderModuleProps({ glide: extension.opts.uniforms() });
  }
}
