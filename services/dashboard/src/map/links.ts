/**
 * Streets: each link a line to the right of the street's middle, coloured by what is known of its
 * traffic or of what that emits. What was measured is a full line, what was worked out from others a
 * thin one; the usual speed and nothing at all are grey, so that neither passes for measured. A closed
 * street on which nobody was seen is dotted.
 * Emission is always an estimate: full lines, paler where it is uncertain.
 */

import type { Changes, Emission, Link, Picture, Position } from "tilanne-client";
import type { ExpressionSpecification, GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Measure } from "../emission/measures";
import { breaks, emissionWindow, isUncertain, stepOf, streetDensity } from "../emission/measures";
import type { MapLayer, Selection, StreetScale } from "./layer";
import { measureOf } from "./layer";
import type { Palette } from "./palette";
import { LEVELS, LIGHT, shareStops } from "./palette";
import type { Point } from "./shapes";
import { STREETS_BOTTOM, collection, coordinates, idAt, showStyleLayers } from "./shapes";
import type { Knowledge } from "./streets";
import {
  FADE_STEPS,
  LINK_STALE_AFTER_MS,
  doubtOpacity,
  fadeStep,
  flowWidth,
  isClosed,
  isSeen,
  knowledge,
  middle,
  shownWindow,
  speedShare,
  windowLevel,
} from "./streets";

const SOURCE = "links";
const UNKNOWN = STREETS_BOTTOM;
const TYPICAL = "links-typical";
const SELECTED = "links-selected";
const INFERRED = "links-inferred";
const MEASURED = "links-measured";
const CLOSED = "links-closed";
const LAYER_IDS = [UNKNOWN, TYPICAL, SELECTED, CLOSED, INFERRED, MEASURED];
/** A finger or a mouse hits a line this near, CSS pixels. */
const PICK_RADIUS_PX = 5;
/** The map has the lines again at most this often: a window's end brings them in several frames. */
const REDRAW_MS = 900;

/** Width by the kind of street at its usual flow, relative to a secondary one, and the zoom at which grey ones show. */
const CLASSES: Readonly<Record<string, { width: number; from: number }>> = {
  motorway: { width: 1.45, from: 0 },
  trunk: { width: 1.35, from: 0 },
  primary: { width: 1.2, from: 0 },
  secondary: { width: 1, from: 10 },
  tertiary: { width: 0.85, from: 11 },
  unclassified: { width: 0.7, from: 12 },
  residential: { width: 0.6, from: 12.5 },
  living_street: { width: 0.5, from: 13 },
  service: { width: 0.45, from: 14 },
  busway: { width: 0.5, from: 13 },
  ferry: { width: 0.4, from: 11 },
};
const OTHER_CLASS = { width: 0.6, from: 12.5 };

/** A length in CSS pixels that grows with the zoom and the kind of street. */
function byZoom(z10: number, z13: number, z16: number): ExpressionSpecification {
  const times = (size: number): ExpressionSpecification => ["*", size, ["get", "width"]];
  const steps = [10, times(z10), 13, times(z13), 16, times(z16), 18, times(z16 * 2)];
  const expression = ["interpolate", ["exponential", 1.4], ["zoom"], ...steps];
  return expression as ExpressionSpecification;
}

/** Colour of a street or a cell by one of the scales. */
export function colourOf(palette: Palette, scale: StreetScale): ExpressionSpecification {
  if (measureOf(scale) !== undefined) {
    const [first = "", ...rest] = palette.emission;
    const steps = rest.flatMap((colour, step) => [step + 1, colour]);
    return ["step", ["get", "step"], first, ...steps] as unknown as ExpressionSpecification;
  }
  if (scale === "share") {
    const stops = shareStops(palette).flat();
    return [
      "interpolate-lab",
      ["linear"],
      ["get", "share"],
      ...stops,
    ] as unknown as ExpressionSpecification;
  }
  const pairs = LEVELS.flatMap((level) => [level, palette.level[level]]);
  const other = palette.level.unspecified;
  return ["match", ["get", "level"], ...pairs, other] as unknown as ExpressionSpecification;
}

/** What of a link is drawn. */
export interface LinkLook {
  id: string;
  how: "measured" | "inferred" | "closed" | "typical" | "unknown";
  level: string;
  share: number;
  /** Class of emission, from 0 on. */
  step: number;
  width: number;
  from: number;
  /** From 1, current and well known, down. */
  opacity: number;
  /** Worse ones lie on top. */
  rank: number;
}

export function lookOf(link: Link, nowMs: number): LinkLook {
  const window = shownWindow(link);
  const how = knowledge(window, nowMs);
  const level = windowLevel(window, nowMs);
  const share = speedShare(link, window);
  // A level that this page does not know, or no free flow: seen, but nothing to colour by.
  const coloured = isSeen(how) && level !== "unspecified" && share !== undefined;
  const { width, from } = CLASSES[link.class] ?? OTHER_CLASS;
  const current = nowMs - window.end_time_ms <= LINK_STALE_AFTER_MS;
  return {
    id: link.id,
    how: coloured ? (how === "inferred" ? "inferred" : "measured") : plain(link, how, nowMs),
    level,
    share: share ?? 1,
    step: 0,
    width: width * (current ? flowWidth(window) : 1),
    from,
    opacity: faded(nowMs - window.end_time_ms) * (coloured ? doubtOpacity(window) : 1),
    rank: coloured ? LEVELS.indexOf(level) : -1,
  };
}

/** How a street is drawn that has no colour. */
function plain(link: Link, how: Knowledge, nowMs: number): LinkLook["how"] {
  if (isClosed(link, nowMs)) return "closed";
  return how === "typical" ? "typical" : "unknown";
}

/** Opacity by age, down to a third. */
function faded(ageMs: number): number {
  return 1 - (fadeStep(ageMs) / FADE_STEPS) * (2 / 3);
}

/** How much of its colour a street or a cell keeps whose emission is uncertain. */
export const UNCERTAIN_OPACITY = 0.45;

/** The same of what its traffic emits; grey where that is not known. */
export function emissionLookOf(
  link: Link,
  emission: Emission | undefined,
  measure: Measure,
  nowMs: number,
): LinkLook {
  const { width, from } = CLASSES[link.class] ?? OTHER_CLASS;
  const grey: LinkLook = {
    id: link.id,
    how: plain(link, "unknown", nowMs),
    level: "unspecified",
    share: 1,
    step: 0,
    width,
    from,
    opacity: 1,
    rank: -1,
  };
  const density = emission && streetDensity(emission, measure);
  if (emission === undefined || density === undefined) return grey;
  const ageMs = nowMs - emissionWindow(emission).end_time_ms;
  if (ageMs > LINK_STALE_AFTER_MS) return grey;
  const step = stepOf(density, breaks(measure, "street"));
  const sure = isUncertain(emission, measure) ? UNCERTAIN_OPACITY : 1;
  return {
    ...grey,
    how: "measured",
    step,
    width: width * flowWidth(shownWindow(link)),
    opacity: faded(ageMs) * sure,
    rank: step,
  };
}

export class LinkLayer implements MapLayer {
  readonly layer = "links";
  private map: MapLibre | undefined;
  private palette: Palette = LIGHT;
  private picture: Picture | undefined;
  private visible = true;
  private scale: StreetScale = "level";
  private selected = "";
  private dirty = true;
  private drawnMs = Number.NEGATIVE_INFINITY;
  /** A link's line never changes. */
  private readonly lines = new Map<string, [number, number][]>();
  private readonly steps = new Map<string, number>();

  /** @param monotonicMs the page's timer */
  constructor(private readonly monotonicMs: () => number) {}

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.palette = palette;
    this.dirty = true;
    this.drawnMs = Number.NEGATIVE_INFINITY;
    map.addSource(SOURCE, { type: "geojson", data: collection([]), tolerance: 0.2 });
    const { street } = palette;
    const offset = byZoom(0.8, 2.1, 6);
    const greys = ["<=", ["get", "from"], ["zoom"]];
    const how = (name: string): unknown[] => ["==", ["get", "how"], name];
    const line = (
      id: string,
      filter: unknown[],
      paint: Record<string, unknown>,
      cap = "round",
    ): void => {
      map.addLayer({
        id,
        type: "line",
        source: SOURCE,
        filter: filter as never,
        layout: {
          "line-cap": cap as "round" | "butt",
          "line-join": "round",
          "line-sort-key": ["get", "rank"],
        },
        paint: { "line-offset": offset, ...paint },
      });
    };
    line(UNKNOWN, ["all", how("unknown"), greys], {
      "line-color": street.unknown,
      "line-width": byZoom(0.6, 1.2, 2.8),
    });
    line(
      TYPICAL,
      ["all", how("typical"), greys],
      {
        "line-color": street.typical,
        "line-width": byZoom(0.6, 1.2, 2.6),
        "line-dasharray": [3, 2],
      },
      "butt",
    );
    line(SELECTED, ["==", ["get", "id"], this.selected], {
      "line-color": palette.selection,
      "line-width": byZoom(6, 9, 17),
    });
    const colour = colourOf(palette, this.scale);
    line(
      CLOSED,
      how("closed"),
      {
        "line-color": street.closed,
        "line-width": byZoom(1.2, 2.6, 6),
        "line-dasharray": [0.6, 0.9],
      },
      "butt",
    );
    line(INFERRED, how("inferred"), {
      "line-color": colour,
      "line-width": byZoom(0.7, 1.5, 4),
      "line-opacity": ["*", 0.7, ["get", "opacity"]],
    });
    line(MEASURED, how("measured"), {
      "line-color": colour,
      "line-width": byZoom(1.5, 3.6, 9.5),
      "line-opacity": ["get", "opacity"],
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    if (changes.reset) {
      this.lines.clear();
      this.steps.clear();
    }
    for (const { id } of changes.removed.links) {
      this.lines.delete(id);
      this.steps.delete(id);
    }
    const touched = [changes.updated, changes.removed].some(
      ({ links, link_emissions }) =>
        links.length > 0 || (this.measure !== undefined && link_emissions.length > 0),
    );
    if (!changes.reset && !touched) return;
    this.dirty = true;
    if (this.monotonicMs() - this.drawnMs > REDRAW_MS) this.draw(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    if (this.dirty || this.hasAged(picture, nowMs)) this.draw(picture, nowMs);
  }

  show(visible: boolean): void {
    this.visible = visible;
    showStyleLayers(this.map, LAYER_IDS, visible);
  }

  colourBy(scale: StreetScale): void {
    this.scale = scale;
    this.dirty = true;
    for (const id of [INFERRED, MEASURED]) {
      if (this.map?.getLayer(id) === undefined) continue;
      this.map.setPaintProperty(id, "line-color", colourOf(this.palette, scale));
    }
  }

  select(selection: Selection | undefined): void {
    this.selected = selection?.layer === "links" ? selection.id : "";
    if (this.map?.getLayer(SELECTED) === undefined) return;
    this.map.setFilter(SELECTED, ["==", ["get", "id"], this.selected]);
  }

  pick(point: Point): Selection | undefined {
    const layers = [MEASURED, INFERRED, CLOSED, TYPICAL, UNKNOWN];
    // First what is right there, so that of two directions the one meant is found.
    const id = idAt(this.map, point, layers) ?? idAt(this.map, point, layers, PICK_RADIUS_PX);
    return id === undefined ? undefined : { layer: "links", id };
  }

  position(id: string): Position | undefined {
    return middle(this.picture?.layer("links").get(id)?.line ?? []);
  }

  private get measure(): Measure | undefined {
    return measureOf(this.scale);
  }

  /** How far faded what is shown of a link is by its age. */
  private stepOfAge(picture: Picture, link: Link, nowMs: number): number {
    const emission = picture.layer("link_emissions").get(link.id);
    const shown =
      this.measure === undefined ? shownWindow(link) : emission && emissionWindow(emission);
    return fadeStep(nowMs - (shown?.end_time_ms ?? 0));
  }

  /** Whether a link looks older than it is drawn. */
  private hasAged(picture: Picture, nowMs: number): boolean {
    for (const link of picture.layer("links").values()) {
      const step = this.stepOfAge(picture, link, nowMs);
      if (step !== this.steps.get(link.id)) return true;
    }
    return false;
  }

  private draw(picture: Picture, nowMs: number): void {
    this.picture = picture;
    const source = this.map?.getSource<GeoJSONSource>(SOURCE);
    if (source === undefined) return;
    const features: GeoJSON.Feature[] = [];
    const emissions = picture.layer("link_emissions");
    const { measure } = this;
    for (const link of picture.layer("links").values()) {
      this.steps.set(link.id, this.stepOfAge(picture, link, nowMs));
      const coordinates = this.lineOf(link);
      if (coordinates.length < 2) continue;
      const geometry: GeoJSON.LineString = { type: "LineString", coordinates };
      const look =
        measure === undefined
          ? lookOf(link, nowMs)
          : emissionLookOf(link, emissions.get(link.id), measure, nowMs);
      features.push({ type: "Feature", properties: look, geometry });
    }
    this.dirty = false;
    this.drawnMs = this.monotonicMs();
    source.setData(collection(features));
  }

  private lineOf({ id, line }: Link): [number, number][] {
    const before = this.lines.get(id);
    if (before !== undefined) return before;
    const made = coordinates(line);
    this.lines.set(id, made);
    return made;
  }
}
