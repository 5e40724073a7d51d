/**
 * Districts and cities: their boundaries with the districts' names, filled faintly, from far away, by
 * the speed in them or by what their traffic emits. Cells, while they are drawn, say that in more
 * detail, so then nothing is filled.
 */

import type { Area, Changes, Emission, Picture, Position } from "tilanne-client";
import type { GeoJSONSource, Map as MapLibre } from "maplibre-gl";
import type { Measure } from "../emission/measures";
import { cellOpacity, emissionFill, fillScale, ringShape } from "./areas";
import { boundaryRank, isBounded, ringMiddle } from "./boundaries";
import { addCanvas } from "./icons";
import type { MapLayer, Selection, StreetScale } from "./layer";
import { measureOf } from "./layer";
import { colourOf } from "./links";
import { drawName, nameImage } from "./names";
import { LIGHT } from "./palette";
import type { Palette } from "./palette";
import type { Point } from "./shapes";
import { collection, idAt, showStyleLayers } from "./shapes";
import { areaShare } from "./streets";

const SOURCE = "districts";
const FILL = "districts-fill";
const CITY = "districts-city";
const DISTRICT = "districts-district";
const NAME = "districts-name";
const LINES = [NAME, DISTRICT, CITY];
/** From here on streets say it, and the ground is theirs. */
const FILLED_UNTIL_ZOOM = 12.5;
const NAMES_FROM_ZOOM = 10.5;
/** How much fainter than a cell. */
const FAINT = 0.5;
/** A mouse or a finger hits a boundary this near, CSS pixels. */
const PICK_RADIUS_PX = 4;

/** How an area is filled, if at all. */
export function districtFill(
  area: Area,
  emission: Emission | undefined,
  measure: Measure | undefined,
  nowMs: number,
): { opacity: number; share?: number; step?: number } | undefined {
  if (measure === undefined) {
    const opacity = cellOpacity(area, nowMs);
    return opacity === undefined
      ? undefined
      : { opacity: opacity * FAINT, share: areaShare(area) ?? 1 };
  }
  const fill = emission && emissionFill(emission, measure, nowMs);
  return fill && { ...fill, opacity: fill.opacity * FAINT };
}

export class DistrictLayer implements MapLayer {
  readonly layer = "districts";
  private map: MapLibre | undefined;
  private palette: Palette = LIGHT;
  private visible = false;
  private scale: StreetScale = "level";
  private drawn: string | undefined;

  /** @param cellsShown whether cells are drawn, which take the place of the fill */
  constructor(private readonly cellsShown: () => boolean) {}

  install(map: MapLibre, palette: Palette): void {
    this.map = map;
    this.palette = palette;
    this.drawn = undefined;
    map.addSource(SOURCE, { type: "geojson", data: collection([]), tolerance: 0.2 });
    map.addLayer({
      id: FILL,
      type: "fill",
      source: SOURCE,
      maxzoom: FILLED_UNTIL_ZOOM,
      filter: ["==", ["geometry-type"], "Polygon"],
      layout: { "fill-sort-key": ["get", "rank"] },
      paint: {
        "fill-color": colourOf(palette, fillScale(this.scale)),
        "fill-opacity": [
          "interpolate",
          ["linear"],
          ["zoom"],
          FILLED_UNTIL_ZOOM - 1.5,
          ["get", "opacity"],
          FILLED_UNTIL_ZOOM,
          0,
        ],
        "fill-antialias": false,
      },
    });
    const line = (id: string, kind: string, width: number, dashes?: number[]): void => {
      map.addLayer({
        id,
        type: "line",
        source: SOURCE,
        filter: ["all", ["==", ["geometry-type"], "Polygon"], ["==", ["get", "kind"], kind]],
        layout: { "line-join": "round" },
        paint: {
          "line-color": palette.boundary,
          "line-width": width,
          ...(dashes === undefined ? {} : { "line-dasharray": dashes }),
        },
      });
    };
    line(DISTRICT, "district", 1.1, [4, 2]);
    line(CITY, "city", 1.8);
    map.addLayer({
      id: NAME,
      type: "symbol",
      source: SOURCE,
      minzoom: NAMES_FROM_ZOOM,
      filter: ["==", ["geometry-type"], "Point"],
      layout: { "icon-image": ["get", "icon"], "icon-padding": 4 },
    });
    this.show(this.visible);
  }

  changed(picture: Picture, changes: Changes, nowMs: number): void {
    const touched = [changes.updated, changes.removed].some(
      ({ areas, area_emissions }) => areas.length + area_emissions.length > 0,
    );
    if (changes.reset || touched) this.tick(picture, nowMs);
  }

  tick(picture: Picture, nowMs: number): void {
    const source = this.map?.getSource<GeoJSONSource>(SOURCE);
    if (source === undefined || !this.visible) return;
    const measure = measureOf(this.scale);
    const emissions = picture.layer("area_emissions");
    const areas = [...picture.layer("areas").values()].filter(isBounded).map((area) => {
      const fill = this.cellsShown()
        ? undefined
        : districtFill(area, emissions.get(area.id), measure, nowMs);
      return { area, fill };
    });
    const looks = areas.map(({ area, fill }) => `${area.id} ${JSON.stringify(fill)}`);
    const look = `${this.scale} ${looks.join("\n")}`;
    if (look === this.drawn) return;
    this.drawn = look;
    source.setData(collection(areas.flatMap(({ area, fill }) => this.features(area, fill))));
  }

  show(visible: boolean): void {
    this.visible = visible;
    showStyleLayers(this.map, [FILL, ...LINES], visible);
  }

  colourBy(scale: StreetScale): void {
    this.scale = scale;
    this.drawn = undefined;
    if (this.map?.getLayer(FILL) === undefined) return;
    this.map.setPaintProperty(FILL, "fill-color", colourOf(this.palette, fillScale(scale)));
  }

  select(): void {
    // The layer of areas draws the boundary of a selected one.
  }

  pick(): Selection | undefined {
    return undefined;
  }

  /** All of an area while it can be filled; closer than that its name and its boundary. */
  pickGround(point: Point): Selection | undefined {
    const { map } = this;
    if (map === undefined || !this.visible) return undefined;
    const whole = map.getZoom() < FILLED_UNTIL_ZOOM && !this.cellsShown();
    const id =
      idAt(map, point, LINES, PICK_RADIUS_PX) ?? (whole ? idAt(map, point, [FILL]) : undefined);
    return id === undefined ? undefined : { layer: "areas", id };
  }

  /** A selected area is one of the layer of areas, which knows its place. */
  position(): Position | undefined {
    return undefined;
  }

  private features(area: Area, fill: ReturnType<typeof districtFill>): GeoJSON.Feature[] {
    const { id, kind, name, boundary } = area;
    const properties = {
      id,
      kind,
      rank: boundaryRank(area),
      share: 1,
      step: 0,
      opacity: 0,
      ...fill,
    };
    const shapes = ringShape(boundary, properties);
    const middle = ringMiddle(boundary);
    // Names of cities are on the map already.
    if (this.map === undefined || middle === undefined || kind === "city" || name === "") {
      return shapes;
    }
    const icon = nameImage(name);
    addCanvas(this.map, icon, () => drawName(this.palette, name));
    const geometry: GeoJSON.Point = {
      type: "Point",
      coordinates: [middle.longitude_deg, middle.latitude_deg],
    };
    return [...shapes, { type: "Feature", properties: { id, icon }, geometry }];
  }
}
