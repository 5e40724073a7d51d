/** Shaders of the vehicle symbols, their labels and the traces, GLSL ES 3.00. */

import { MODES } from "../palette";

/** One instance is a square round the vehicle, of a fixed size on screen. */
export const SYMBOL_VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_viewport_px;
uniform float u_radius_px;
uniform vec3 u_colours[${MODES.length}];
uniform vec3 u_stale;
in vec2 a_corner;
in vec2 a_place;
in vec4 a_look;
out vec2 v_local;
out vec3 v_colour;
out float v_alpha;
flat out float v_pointed;
flat out float v_selected;

// The square holds the drop and its outline; more only where the ring is drawn.
const float REACH = 2.35;
const float RING_REACH = 3.0;

void main() {
  vec4 middle = u_matrix * vec4(a_place, 0.0, 1.0);
  float reach = a_look.w > 0.5 ? RING_REACH : REACH;
  vec2 offset = a_corner * reach * u_radius_px * 2.0 / u_viewport_px;
  gl_Position = middle + vec4(offset * middle.w, 0.0, 0.0);
  v_pointed = step(0.0, a_look.x);
  float angle = radians(a_look.x) * v_pointed;
  float s = sin(angle), c = cos(angle);
  v_local = mat2(c, s, -s, c) * a_corner * reach;
  v_colour = mix(u_colours[int(a_look.y)], u_stale, a_look.z);
  v_alpha = mix(1.0, 0.6, a_look.z);
  v_selected = a_look.w;
}`;

/**
 * A drop whose point shows the way, or a dot, with an outline. Distances in radii of the body.
 * The drop is the "uneven capsule" distance function of Inigo Quilez.
 */
export const SYMBOL_FRAGMENT = `#version 300 es
precision highp float;
uniform vec3 u_outline;
uniform vec3 u_selection;
uniform float u_radius_px;
in vec2 v_local;
in vec3 v_colour;
in float v_alpha;
flat in float v_pointed;
flat in float v_selected;
out vec4 colour;

float drop(vec2 p, float body, float point, float reach) {
  p.x = abs(p.x);
  float b = (body - point) / reach;
  float a = sqrt(1.0 - b * b);
  float k = dot(p, vec2(-b, a));
  if (k < 0.0) return length(p) - body;
  if (k > a * reach) return length(p - vec2(0.0, reach)) - point;
  return dot(p, vec2(a, b)) - body;
}

void main() {
  float shape = v_pointed > 0.5 ? drop(v_local, 1.0, 0.12, 1.75) : length(v_local) - 1.0;
  float px = 1.0 / u_radius_px;
  float body = 1.0 - smoothstep(-0.5 * px, 0.5 * px, shape);
  float edge = shape - 1.3 * px;
  float outline = 1.0 - smoothstep(-0.5 * px, 0.5 * px, edge);
  float ring_distance = abs(length(v_local) - 2.35) - 1.0 * px;
  float ring = v_selected * (1.0 - smoothstep(-0.5 * px, 0.5 * px, ring_distance));
  vec3 mixed = mix(u_outline, v_colour, body);
  float alpha = outline * v_alpha;
  colour = vec4(mixed * alpha, alpha);
  colour = mix(colour, vec4(u_selection, 1.0), ring);
  if (colour.a < 0.004) discard;
}`;

/** A label lies to the right of its symbol; its cell of the atlas is found by number. */
export const LABEL_VERTEX = `#version 300 es
uniform mat4 u_matrix;
uniform vec2 u_viewport_px;
uniform vec2 u_size_px;
uniform vec2 u_grid;
uniform float u_gap_px;
in vec2 a_corner;
in vec2 a_place;
in vec2 a_look;
out vec2 v_texture;
out float v_alpha;

void main() {
  vec4 middle = u_matrix * vec4(a_place, 0.0, 1.0);
  vec2 offset = a_corner * u_size_px * 0.5 + vec2(u_gap_px + u_size_px.x * 0.5, 0.0);
  vec2 px = (middle.xy / middle.w * 0.5 + 0.5) * u_viewport_px + offset;
  gl_Position = vec4(px / u_viewport_px * 2.0 - 1.0, 0.0, 1.0);
  vec2 cell = vec2(mod(a_look.x, u_grid.x), floor(a_look.x / u_grid.x));
  v_texture = (cell + vec2(a_corner.x, -a_corner.y) * 0.5 + 0.5) / u_grid;
  v_alpha = mix(1.0, 0.45, a_look.y);
}`;

export const LABEL_FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D u_atlas;
in vec2 v_texture;
in float v_alpha;
out vec4 colour;
void main() {
  colour = texture(u_atlas, v_texture) * v_alpha;
  if (colour.a < 0.01) discard;
}`;

export const TRACE_VERTEX = `#version 300 es
uniform mat4 u_matrix;
in vec2 a_place;
void main() { gl_Position = u_matrix * vec4(a_place, 0.0, 1.0); }`;

export const TRACE_FRAGMENT = `#version 300 es
precision mediump float;
uniform vec4 u_colour;
out vec4 colour;
void main() { colour = vec4(u_colour.rgb * u_colour.a, u_colour.a); }`;
