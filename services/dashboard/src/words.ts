/** What streets and areas are called in the reader's language. Pure. */

import type { Link, Maybe } from "tilanne-client";
import type { Speech } from "./i18n";

/** The kind of street. */
export function streetClass(speech: Speech, link: Link): string {
  return speech.word("road", link.class);
}

/** The street's name, or what kind it is when it has none. */
export function streetName(speech: Speech, link: Link): string {
  return link.name === "" ? streetClass(speech, link) : link.name;
}

/** What an area is; a kind that this page does not know is its own word. */
export function areaKind(speech: Speech, { kind }: { kind?: Maybe<string> }): string {
  return speech.word("area", kind ?? "unspecified");
}

/** The area's name; a cell has none but its id. */
export function areaName({ id, name }: { id: string; name: string }): string {
  return name === "" ? id.slice(id.indexOf(":") + 1) : name;
}
