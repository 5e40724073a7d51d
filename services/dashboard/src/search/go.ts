/** Goes to what was chosen. */

import type { Box, Position } from "tilanne-client";
import { boxOf } from "../map/boundaries";
import { centre, includes, toMercator } from "../map/geography";
import { MAP_LAYERS } from "../map/layer";
import type { MapLayerName, Selection } from "../map/layer";
import type { PanelContext } from "../panels/panel";
import type { City } from "../settings";
import type { Goal } from "./found";

/** What the page does for the search, beside what a panel may do. */
export interface SearchActions {
  /** Where the map looks, `[latitude, longitude]`; `undefined` without a map. */
  centre(): readonly [number, number] | undefined;
  /** Turns to the map, and sets the focus on it. */
  showMap(): void;
  /** @param name is written there until something else is chosen */
  look(place: { zoom: number; centre: [number, number] }, name?: string): void;
}

/** MapLibre's world is so many pixels wide at zoom 0. */
const WORLD_PX = 512;
/** Share of the map that a box may fill. */
const FILLED = 0.85;
const ZOOM_MAX = 16;
/** A place where nothing is drawn is looked at closely. */
const PLACE_ZOOM = 17;

/** Goes there. Rejects when the place of something cannot be found out. */
export async function go(goal: Goal, context: PanelContext, actions: SearchActions): Promise<void> {
  const { city, selection } = goal;
  if (city !== undefined) {
    context.chooseCity(city);
    actions.showMap();
    return;
  }
  if (selection === undefined) {
    if (goal.place === undefined) return;
    const { latitude_deg, longitude_deg } = goal.place;
    actions.showMap();
    actions.look({ zoom: PLACE_ZOOM, centre: [latitude_deg, longitude_deg] }, goal.placeName);
    return;
  }
  const isArea = selection.layer === "areas";
  const box = goal.box ?? (isArea ? await boxOfArea(selection, context) : undefined);
  show(isArea ? "districts" : selection.layer, context);
  const place = newest(selection, context) ?? (box === undefined ? goal.place : middleOf(box));
  const first = cityBefore(selection, place, context);
  if (first !== undefined) context.chooseCity(first);
  context.showOnMap(selection, place);
  if (box === undefined) return;
  const map = document.getElementById("map");
  const size = { width: map?.clientWidth ?? WORLD_PX, height: map?.clientHeight ?? WORLD_PX };
  actions.look(viewOf(box, size));
}

/** What is gone to has to be seen. */
function show(layer: Selection["layer"] | MapLayerName, context: PanelContext): void {
  const drawn = MAP_LAYERS.find((name) => name === layer);
  if (drawn !== undefined && !context.isShown(drawn)) context.showLayer(drawn, true);
}

/**
 * The city to turn to first: of a place in no city's box nobody can say by the place alone of which
 * region it is. Only of other regions is there such a city.
 */
export function cityBefore(
  { layer, id }: Selection,
  place: Position | undefined,
  { settings, city, picture, overview }: PanelContext,
): City | undefined {
  const { cities } = settings;
  const isInCity = place === undefined || cities.some(({ bbox }) => includes(bbox, place));
  if (isInCity || picture.layer(layer).has(id)) return undefined;
  const other = overview.all().find((region) => region.picture.layer(layer).has(id));
  if (other === undefined || other.id === city.region) return undefined;
  return cities.find(({ region }) => region === other.id);
}

/** A vehicle has moved since the server answered. */
function newest({ layer, id }: Selection, { picture }: PanelContext): Position | undefined {
  if (layer !== "vehicles") return undefined;
  return picture.layer("vehicles").get(id)?.report.position ?? undefined;
}

/** The box of an area of which only the name is known yet. */
async function boxOfArea({ layer, id }: Selection, context: PanelContext): Promise<Box> {
  const { city, source } = context;
  const path = [city.region, layer, id].map(encodeURIComponent).join("/");
  const area = (await source.get(`v1/regions/${path}?fields=boundary`)) as {
    object?: { boundary?: Position[] };
  };
  const boundary = area.object?.boundary ?? [];
  if (boundary.length === 0) throw new Error(`${id} has no boundary`);
  return boxOf(boundary);
}

function middleOf(box: Box): Position {
  const [longitude_deg, latitude_deg] = centre(box);
  return { longitude_deg, latitude_deg };
}

/** The camera that sees all of a box on a map of a size in CSS pixels. Pure. */
export function viewOf(
  box: Box,
  { width, height }: { width: number; height: number },
): { zoom: number; centre: [number, number] } {
  const [west, south, east, north] = box;
  const from = toMercator({ longitude_deg: west, latitude_deg: north });
  const to = toMercator({ longitude_deg: east, latitude_deg: south });
  const share = Math.max((to.x - from.x) / width, (to.y - from.y) / height) * WORLD_PX;
  const zoom = Math.min(ZOOM_MAX, Math.log2(FILLED / share));
  const { longitude_deg, latitude_deg } = middleOf(box);
  return { zoom, centre: [latitude_deg, longitude_deg] };
}
