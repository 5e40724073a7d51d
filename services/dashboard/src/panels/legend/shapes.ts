/** Pieces of the legend: pictures as the map draws them, each said by the text beside it. */

import { element } from "../../dom";

/** One entry: a picture that is said by its text. */
export function entry(image: HTMLElement, text: string): HTMLElement {
  image.setAttribute("aria-hidden", "true");
  return element("li", {}, image, element("span", {}, text));
}

export function drop(colour: string): HTMLElement {
  const shape = element("span", { class: "drop" });
  shape.style.backgroundColor = colour;
  return shape;
}

/** A stroke as the map draws a street. */
export function stroke(
  colour: string,
  width_px: number,
  style: "solid" | "dashed" | "dotted" = "solid",
): HTMLElement {
  const shape = element("span", { class: "stroke" });
  shape.style.borderTop = `${width_px}px ${style} ${colour}`;
  return shape;
}

/** A stroke with a casing, as the map draws a queue. */
export function cased(colour: string, casing: string): HTMLElement {
  const shape = stroke(colour, 3);
  shape.style.outline = `3px solid ${casing}`;
  return shape;
}

/** A piece of the ground, filled so faintly. */
export function filled(colour: string, opacity: number): HTMLElement {
  const shape = stroke(colour, 14);
  shape.style.opacity = String(opacity);
  return shape;
}

export function group(
  title: string,
  note: string | undefined,
  entries: readonly HTMLElement[],
): HTMLElement {
  const hint = note === undefined ? undefined : element("p", { class: "quiet" }, note);
  return element(
    "div",
    {},
    element("h3", {}, title),
    element("ul", { class: "legend" }, ...entries),
    hint,
  );
}
