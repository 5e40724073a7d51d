/** Goes to what was chosen. */

import type { Box, Position } from "tilanne-client";
import { centre, toMercator } from "../map/geography";
import { MAP_LAYERS } from "../map/layer";
import type { MapLayerName, Selection } from "../map/layer";
import type { PanelContext } from "../panels/panel";
import type { Goal } from "./found";
import { boxOf } from "./places";

/** What the page does for the search, beside what a panel may do. */
export interface SearchActions {
  /** Where the map looks, `[latitude, longitude]`; `undefined` without a map. */
  centre(): [number, number] | undefined;
  /** Turns to the map, and sets the focus on it. */
  showMap(): void;
  look(place: { zoom: number; centre: [number, number] }): void;
}

/** MapLibre's world is so many pixels wide at zoom 0. */
const WORLD_PX = 512;
/** Share of the map that a box may fill. */
const FILLED = 0.85;
const ZOOM_MAX = 16;

/** Goes there. Rejects when the place of something cannot be found out. */
export async function go(goal: Goal, context: PanelContext, actions: SearchActions): Promise<void> {
  const { city, selection } = goal;
  if (city !== undefined) {
    context.chooseCity(city);
    actions.showMap();
    return;
  }
  if (selection === undefined) return;
  const isArea = selection.layer === "areas";
  const box = goal.box ?? (isArea ? await boundaryBox(selection, context) : undefined);
  show(isArea ? "districts" : selection.layer, context);
  const place = box === undefined ? goal.place : middleOf(box);
  context.showOnMap(selection, newest(selection, context) ?? place);
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

/** A vehicle has moved since the server answered. */
function newest({ layer, id }: Selection, { picture }: PanelContext): Position | undefined {
  if (layer !== "vehicles") return undefined;
  return picture.layer("vehicles").get(id)?.report.position ?? undefined;
}

/** The box of an area of which only the name is known yet. */
async function boundaryBox({ layer, id }: Selection, context: PanelContext): Promise<Box> {
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
