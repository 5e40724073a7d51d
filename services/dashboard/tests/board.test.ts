import { describe, expect, it } from "vitest";
import type { Edges, Landing, Point } from "../src/shell/landing";
import { edgeSpeedPxPerS, landingAt } from "../src/shell/landing";

const BOARD: Edges = { left: 0, right: 932, top: 0, bottom: 800 };
const COLUMN_PX = 300;
const ROW_PX = 200;
const GAP_PX = 16;

/** A panel in a grid of three columns. */
function cell(column: number, row: number, columns = 1): Edges {
  const left = column * (COLUMN_PX + GAP_PX);
  const top = row * (ROW_PX + GAP_PX);
  return { left, top, right: left + columns * (COLUMN_PX + GAP_PX) - GAP_PX, bottom: top + ROW_PX };
}

function middle({ left, right, top, bottom }: Edges): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

function landing(point: Point, panels: readonly Edges[], dragged: number): Landing | undefined {
  return landingAt(point, panels, dragged, BOARD);
}

/** The order after it was dropped. */
function dropped(point: Point, panels: readonly Edges[], dragged: number): string {
  const names = panels.map((_, index) => "abcdef"[index] ?? "");
  const others = names.filter((_, index) => index !== dragged);
  const to = landing(point, panels, dragged)?.to;
  if (to === undefined) return names.join("");
  return [...others.slice(0, to), names[dragged], ...others.slice(to)].join("");
}

describe("side by side", () => {
  const panels = [cell(0, 0), cell(1, 0), cell(2, 0), cell(0, 1, 2), cell(2, 1)];

  it("lands before or after the panel under the pointer", () => {
    const { x, y } = middle(panels[2] ?? cell(0, 0));
    expect(dropped({ x: x - 10, y }, panels, 0)).toBe("bacde");
    expect(dropped({ x: x + 10, y }, panels, 0)).toBe("bcade");
    expect(dropped({ x: 10, y: 300 }, panels, 4)).toBe("abced");
    expect(dropped({ x: 10, y: 100 }, panels, 4)).toBe("eabcd");
  });

  it("says where with a line in the gap", () => {
    const { mark } = landing({ x: 10, y: 100 }, panels, 4) ?? { mark: BOARD };
    expect(mark.right).toBeLessThanOrEqual(0);
    expect([mark.top, mark.bottom]).toEqual([0, ROW_PX]);
    const after = landing({ x: 610, y: 100 }, panels, 0)?.mark ?? BOARD;
    expect(after.left).toBeGreaterThan(panels[1]?.right ?? 0);
    expect(after.right).toBeLessThan(panels[2]?.left ?? 0);
  });

  it("stays where it would be put in at its own place", () => {
    expect(landing({ x: 20, y: 20 }, panels, 0)).toBeUndefined();
    expect(landing({ x: 330, y: 20 }, panels, 0)).toBeUndefined();
    expect(landing({ x: 290, y: 20 }, panels, 1)).toBeUndefined();
  });

  it("takes the nearest panel where there is none", () => {
    expect(dropped({ x: 900, y: 2_000 }, panels, 0)).toBe("bcdea");
    expect(dropped({ x: -50, y: -50 }, panels, 3)).toBe("dabce");
  });
});

describe("as wide as the board", () => {
  const panels = [cell(0, 0), cell(1, 0), cell(2, 0), cell(0, 1, 3), cell(0, 2), cell(1, 2, 2)];

  it("goes above or below a whole row", () => {
    expect(dropped({ x: 900, y: 90 }, panels, 3)).toBe("dabcef");
    expect(dropped({ x: 10, y: 560 }, panels, 3)).toBe("abcefd");
    const { mark } = landing({ x: 900, y: 90 }, panels, 3) ?? { mark: cell(0, 0) };
    expect([mark.left, mark.right]).toEqual([BOARD.left, BOARD.right]);
    expect(mark.bottom).toBeLessThanOrEqual(0);
  });

  it("lets others land above and below it", () => {
    expect(dropped({ x: 900, y: 230 }, panels, 5)).toBe("abcfde");
    expect(dropped({ x: 900, y: 400 }, panels, 0)).toBe("bcdaef");
  });
});

describe("in one column", () => {
  const panels = [cell(0, 0, 3), cell(0, 1, 3), cell(0, 2, 3)];

  it("goes up and down", () => {
    expect(dropped({ x: 500, y: 10 }, panels, 2)).toBe("cab");
    expect(dropped({ x: 500, y: 190 }, panels, 2)).toBe("acb");
    expect(dropped({ x: 500, y: 620 }, panels, 0)).toBe("bca");
    expect(dropped({ x: 500, y: 230 }, panels, 0)).toBe("abc");
  });

  it("stays alone", () => {
    expect(landing({ x: 900, y: 700 }, [cell(0, 0, 3)], 0)).toBeUndefined();
  });
});

it("scrolls near the edges, faster the nearer, and not between them", () => {
  for (const y of [64, 400, 736]) expect(edgeSpeedPxPerS(y, BOARD)).toBeCloseTo(0);
  const speeds = [50, 20, 0].map((y) => edgeSpeedPxPerS(y, BOARD));
  expect(speeds).toEqual([...speeds].sort((a, b) => b - a));
  expect(speeds[0]).toBeLessThan(0);
  expect(edgeSpeedPxPerS(-300, BOARD)).toBe(speeds[2]);
  expect(edgeSpeedPxPerS(780, BOARD)).toBe(-(speeds[1] ?? 0));
});
