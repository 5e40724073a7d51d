/** The shape of a feed's state: it says the same as its colour, to who does not see that. */

import type { FeedState } from "../../stream/feed_state";

const NAMESPACE = "http://www.w3.org/2000/svg";

/** In a square of 12 units. */
const PATHS: Readonly<Record<FeedState, string>> = {
  // Disc, triangle, cross, ring, half a disc, square, and a diamond.
  live: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10z",
  stale: "M6 .8L11.6 11H.4z",
  down: "M2.6.8L6 4.2L9.4.8L11.2 2.6L7.8 6l3.4 3.4l-1.8 1.8L6 7.8l-3.4 3.4L.8 9.4L4.2 6L.8 2.6z",
  idle: "M6 1a5 5 0 1 1 0 10a5 5 0 1 1 0-10zm0 2.2a2.8 2.8 0 1 0 0 5.6a2.8 2.8 0 1 0 0-5.6z",
  starting: "M6 1a5 5 0 0 1 0 10z",
  ended: "M1.5 1.5h9v9h-9z",
  unknown: "M6 .6L11.4 6L6 11.4L.6 6zm0 3L3.6 6L6 8.4L8.4 6z",
};

export class Shape {
  readonly node = document.createElementNS(NAMESPACE, "svg");
  private readonly path = document.createElementNS(NAMESPACE, "path");

  constructor() {
    this.node.setAttribute("viewBox", "0 0 12 12");
    this.node.setAttribute("class", "ledger-shape");
    this.node.setAttribute("aria-hidden", "true");
    this.path.setAttribute("fill-rule", "evenodd");
    this.node.append(this.path);
  }

  show(state: FeedState): void {
    if (this.path.getAttribute("d") !== PATHS[state]) this.path.setAttribute("d", PATHS[state]);
  }
}

/** A line of the last minute, as wide as the minute; without axes, since the number stands beside it. */
export class Sparkline {
  readonly node = document.createElementNS(NAMESPACE, "svg");
  private readonly line = document.createElementNS(NAMESPACE, "polyline");

  constructor() {
    this.node.setAttribute("viewBox", "0 0 60 16");
    this.node.setAttribute("preserveAspectRatio", "none");
    this.node.setAttribute("class", "ledger-spark");
    this.node.setAttribute("aria-hidden", "true");
    this.node.append(this.line);
  }

  show(points: readonly { readonly at: number; readonly perS: number }[]): void {
    const most = points.reduce((highest, { perS }) => Math.max(highest, perS), 0);
    const y = (perS: number): number => 15 - (most > 0 ? (perS / most) * 14 : 0);
    const written = points.map(({ at, perS }) => `${(at * 60).toFixed(1)},${y(perS).toFixed(1)}`);
    this.line.setAttribute("points", written.join(" "));
  }
}
