/**
 * Makes elements. Text from feeds is untrusted: it only ever becomes a text node here, and nothing
 * in this page parses HTML from a string.
 */

type Child = Node | string | undefined;

interface Attributes {
  readonly [name: string]: string | undefined;
}

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A button that does something when pressed. */
export function button(
  attributes: Attributes,
  label: string,
  press: () => void,
): HTMLButtonElement {
  const made = element("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", press);
  return made;
}

/** Sets text only when it differs: a screen reader is not told the same thing each second. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}
