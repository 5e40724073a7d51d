/**
 * What the page shows, in its address: `#view=map&city=tampere&z=12.5&c=61.4980,23.7610&at=…`. Who
 * opens a shared address sees the same. What is no value is left out, and the rest holds. Pure.
 */

import type { Layer } from "tilanne-client";
import { LAYERS } from "tilanne-client";
import type { Selection } from "./map/layer";

export interface Address {
  readonly view?: string | undefined;
  readonly city?: string | undefined;
  readonly zoom?: number | undefined;
  /** Latitude, longitude in degrees. */
  readonly centre?: readonly [number, number] | undefined;
  /** Layers of the map that are shown. */
  readonly layers?: readonly string[] | undefined;
  /** By what streets and vehicles are coloured. */
  readonly streets?: string | undefined;
  readonly vehicles?: string | undefined;
  readonly selection?: Selection | undefined;
  /** Moment of the past, ms since 1970-01-01 UTC; the present without it. */
  readonly atMs?: number | undefined;
  /** What that moment is compared with, and how. */
  readonly compare?: string | undefined;
  /** Panels of the reader's own board. */
  readonly board?: string | undefined;
}

export function readAddress(hash: string): Address {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const text = (name: string): string | undefined => fields.get(name) ?? undefined;
  const zoom = Number.parseFloat(fields.get("z") ?? "");
  const [latitude = Number.NaN, longitude = Number.NaN] = (fields.get("c") ?? "")
    .split(",")
    .map(Number.parseFloat);
  const onGlobe = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const atMs = Date.parse(fields.get("at") ?? "");
  return {
    view: text("view"),
    city: text("city"),
    zoom: zoom >= 0 && zoom <= 24 ? zoom : undefined,
    centre: onGlobe ? [latitude, longitude] : undefined,
    layers: text("layers")?.split(",").filter(Boolean),
    streets: text("streets"),
    vehicles: text("vehicles"),
    selection: selectionOf(text("select")),
    atMs: Number.isNaN(atMs) ? undefined : atMs,
    compare: text("compare"),
    board: text("board"),
  };
}

export function writeAddress(address: Address): string {
  const { centre, selection, atMs, zoom } = address;
  const fields: [string, string | undefined][] = [
    ["view", address.view],
    ["city", address.city],
    ["z", zoom?.toFixed(2)],
    ["c", centre && `${centre[0].toFixed(4)},${centre[1].toFixed(4)}`],
    ["layers", address.layers?.join(",")],
    ["streets", address.streets],
    ["vehicles", address.vehicles],
    ["select", selection && `${selection.layer}:${selection.id}`],
    ["at", atMs === undefined ? undefined : new Date(atMs).toISOString()],
    ["compare", address.compare],
    ["board", address.board],
  ];
  const written = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${readable(value)}`],
  );
  return `#${written.join("&")}`;
}

/** Encoded, but for the signs that an address may hold and that keep it readable. */
function readable(value: string): string {
  return encodeURIComponent(value).replace(/%2C/g, ",").replace(/%3A/g, ":");
}

/** `vehicles:hsl:22/1234`: a layer, and an id that may hold anything. */
function selectionOf(text: string | undefined): Selection | undefined {
  const [, name, id] = /^([a-z_]+):(.+)$/s.exec(text ?? "") ?? [];
  const layer = LAYERS.find((known: Layer) => known === name);
  return layer === undefined || id === undefined ? undefined : { layer, id };
}
