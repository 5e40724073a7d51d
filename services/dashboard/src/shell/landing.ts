/** Where a panel that is dragged lands: boxes and a point in, a place in the order out. Pure. */

/** Edges in px; a `DOMRect` is one. */
export interface Edges {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Landing {
  /** Place among the others, from 0. */
  readonly to: number;
  /** The line between panels at which it is put in. */
  readonly mark: Edges;
}

/** From a panel to the middle of the gap beside it. */
const HALF_GAP_PX = 8;
const MARK_PX = 4;
/** As near to an edge of the board it scrolls, fastest at the edge itself. */
const EDGE_PX = 64;
const FASTEST_PX_PER_S = 1_100;

/**
 * @param panels all panels in their order
 * @param dragged which of them is dragged
 * @param board its left and right edge say what is as wide as the board
 * @returns nothing where it stays as it is
 */
export function landingAt(
  point: Point,
  panels: readonly Edges[],
  dragged: number,
  board: Edges,
): Landing | undefined {
  const over = nearest(point, panels);
  const target = panels[over];
  const lifted = panels[dragged];
  if (target === undefined || lifted === undefined || over === dragged) return undefined;
  // What is as wide as the board has nothing beside it: it goes above or below a whole row.
  const isRow = [target, lifted].some((one) => one.right - one.left > 0.9 * width(board));
  const spot = isRow
    ? besideRow(point, panels, dragged, target, board)
    : beside(point, over, target);
  if (spot.before === dragged || spot.before === dragged + 1) return undefined;
  return { to: spot.before > dragged ? spot.before - 1 : spot.before, mark: spot.mark };
}

/** How fast the board scrolls while the pointer is near its edge, px/s; down is positive. */
export function edgeSpeedPxPerS(y: number, { top, bottom }: Edges): number {
  const into = Math.max(top + EDGE_PX - y, y - (bottom - EDGE_PX));
  const share = Math.min(1, Math.max(0, into / EDGE_PX));
  return Math.sign(y - (top + bottom) / 2) * share * FASTEST_PX_PER_S;
}

/** In which place of all panels it is put in, and the line that says so. */
interface Spot {
  readonly before: number;
  readonly mark: Edges;
}

function beside({ x }: Point, over: number, target: Edges): Spot {
  const { left, right, top, bottom } = target;
  const isBefore = x < (left + right) / 2;
  const middle = isBefore ? left - HALF_GAP_PX : right + HALF_GAP_PX;
  const mark = { left: middle - MARK_PX / 2, right: middle + MARK_PX / 2, top, bottom };
  return { before: isBefore ? over : over + 1, mark };
}

function besideRow(
  { y }: Point,
  panels: readonly Edges[],
  dragged: number,
  target: Edges,
  { left, right }: Edges,
): Spot {
  const row = panels.flatMap(({ top, bottom }, index) =>
    index !== dragged && Math.abs(top - target.top) < MARK_PX ? [{ index, bottom }] : [],
  );
  const bottom = Math.max(...row.map((one) => one.bottom));
  const isAbove = y < (target.top + bottom) / 2;
  const indices = row.map(({ index }) => index);
  const middle = isAbove ? target.top - HALF_GAP_PX : bottom + HALF_GAP_PX;
  const mark = { left, right, top: middle - MARK_PX / 2, bottom: middle + MARK_PX / 2 };
  return { before: isAbove ? Math.min(...indices) : Math.max(...indices) + 1, mark };
}

function nearest({ x, y }: Point, panels: readonly Edges[]): number {
  const away = panels.map(({ left, right, top, bottom }) =>
    Math.hypot(Math.max(left - x, x - right, 0), Math.max(top - y, y - bottom, 0)),
  );
  return away.indexOf(Math.min(...away));
}

function width({ left, right }: Edges): number {
  return right - left;
}
