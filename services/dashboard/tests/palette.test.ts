/** Colours that say something stay apart for colour-blind readers, and from the ground. */

import { describe, expect, it } from "vitest";
import { DARK, LEVELS, LIGHT, MODES } from "../src/map/palette";
import { PUNCTUALITY, punctualityColours } from "../src/map/vehicles/punctuality";

type Triple = readonly [number, number, number];

/** Machado, Oliveira, Fernandes 2009, severity 1.0, in linear RGB. */
const SIGHTS: Readonly<Record<string, readonly Triple[]>> = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(colour: string): Triple {
  const part = (at: number): number => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [part(1), part(3), part(5)];
}

function times(matrix: readonly Triple[], [r, g, b]: Triple): Triple {
  const [x = 0, y = 0, z = 0] = matrix.map((row) => row[0] * r + row[1] * g + row[2] * b);
  return [x, y, z];
}

/** CIELAB under D65. */
function lab(rgb: Triple): Triple {
  const [x, y, z] = times(
    [
      [0.4124564, 0.3575761, 0.1804375],
      [0.2126729, 0.7151522, 0.072175],
      [0.0193339, 0.119192, 0.9503041],
    ],
    rgb,
  );
  const f = (t: number): number =>
    t > 216 / 24_389 ? Math.cbrt(t) : (24_389 / 27 / 116) * t + 16 / 116;
  const [fx, fy, fz] = [f(x / 0.95047), f(y), f(z / 1.08883)];
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

function seen(sight: string, colour: string): Triple {
  const rgb = times(SIGHTS[sight] ?? [], linear(colour));
  return lab(rgb.map((part) => Math.min(1, Math.max(0, part))) as unknown as Triple);
}

function apart(sight: string, one: string, other: string): number {
  const [a, b] = [seen(sight, one), seen(sight, other)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function leastApart(colours: readonly string[]): { least: number; where: string } {
  let found = { least: Number.POSITIVE_INFINITY, where: "" };
  for (const sight of Object.keys(SIGHTS)) {
    for (const [index, one] of colours.entries()) {
      for (const other of colours.slice(index + 1)) {
        const least = apart(sight, one, other);
        if (least < found.least) found = { least, where: `${one} ${other} ${sight}` };
      }
    }
  }
  return found;
}

/** Twenty is plainly another colour; about two is the least that anybody sees. */
const PLAIN = 20;

describe("colours stay apart for every kind of colour vision", () => {
  const levels = LEVELS.filter((level) => level !== "unspecified");
  const classes = PUNCTUALITY.map(({ id }) => id);
  const scales = {
    "level, light": levels.map((level) => LIGHT.level[level]),
    "level, dark": levels.map((level) => DARK.level[level]),
    "punctuality, light": classes.map((id) => punctualityColours(false)[id]),
    "punctuality, dark": classes.map((id) => punctualityColours(true)[id]),
  };
  for (const [name, colours] of Object.entries(scales)) {
    it(name, () => {
      const { least, where } = leastApart(colours);
      expect(least, where).toBeGreaterThan(PLAIN);
    });
  }

  it("a mode is told by its colour or by the line beside it, so modes need less", () => {
    for (const palette of [LIGHT, DARK]) {
      const common = MODES.slice(0, 4).map((mode) => palette.mode[mode]);
      const { least, where } = leastApart(common);
      expect(least, where).toBeGreaterThan(PLAIN / 2);
    }
  });
});
