/** What streets and areas are called in the reader's language. Pure. */

import type { Speech } from "./i18n";
import type { Area, Link } from "./stream/model";

/** The kind of street. */
export function streetClass(speech: Speech, link: Link): string {
  return speech.word("road", link.class);
}

/** The street's name, or what kind it is when it has none. */
export function streetName(speech: Speech, link: Link): string {
  return link.name === "" ? streetClass(speech, link) : link.name;
}

/** What an area is; a kind that this page does not know is its own word. */
export function areaKind(speech: Speech, { kind }: Area): string {
  return speech.word("area", kind);
}

/** The area's name; a cell has none but its id. */
export function areaName({ id, name }: Area): string {
  return name === "" ? id.slice(id.indexOf(":") + 1) : name;
}
