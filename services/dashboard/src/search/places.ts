/** Finds cities, areas, streets, detectors and traffic messages. Pure. */

import type { Layer, Maybe, Position, Situation } from "tilanne-client";
import { boxOf } from "../map/boundaries";
import { anchor, includes, lengthM, toMercator } from "../map/geography";
import { isCurrent } from "../map/situations";
import { middle } from "../map/streets";
import { areaKind, areaName } from "../words";
import type { Found, Kind, Search } from "./found";
import { RELATED, best } from "./match";
import type { LinkThing } from "./things";
import { each } from "./things";
import { entity } from "./transit";

/** What stations of all kinds have. */
interface Station {
  name?: Maybe<string>;
  position?: Maybe<Position>;
}

/** Cells of the grid have no names. */
const CELL = "cell";

export function findCities({ typed, cities }: Search): Found[] {
  return cities.flatMap((city): Found[] => {
    const rank = typed.rank(city.name);
    if (rank === undefined) return [];
    return [
      { key: `city:${city.id}`, kind: "city", name: city.name, note: "", rank, goal: { city } },
    ];
  });
}

/** Regions, districts and what else has a name; cities are found as such. */
export function findAreas(search: Search): Found[] {
  const { typed, cities, speech } = search;
  const found: Found[] = [];
  for (const area of each(search.things.map(({ areas }) => areas))) {
    const { id, kind, boundary } = area;
    if (kind === CELL || cities.some((city) => id === `city:${city.id}`)) continue;
    const name = areaName(area);
    const rank = typed.rank(name);
    if (rank === undefined) continue;
    const goal = { selection: { layer: "areas", id }, box: boundary && boxOf(boundary) } as const;
    found.push({ key: `area:${id}`, kind: "area", name, note: areaKind(speech, area), rank, goal });
  }
  return found;
}

/** Streets: links of one name in one city are one, and gone to in the middle. */
export function findStreets(search: Search): Found[] {
  const { typed, cities, speech, say } = search;
  const byName = new Map<string, LinkThing[]>();
  for (const link of each(search.things.map(({ links }) => links))) {
    if (link.name === "") continue;
    const same = byName.get(link.name);
    if (same === undefined) byName.set(link.name, [link]);
    else same.push(link);
  }
  const found: Found[] = [];
  for (const [name, links] of byName) {
    const rank = typed.rank(name);
    if (rank === undefined) continue;
    for (const [city, own] of inCities(links, cities)) {
      const link = middlemost(own);
      if (link === undefined) continue;
      const count = speech.number(own.length);
      const sections = own.length === 1 ? say("section") : say("sections", { n: count });
      found.push({
        key: `street:${city?.id ?? ""}:${name}`,
        kind: "street",
        name,
        note: [city?.name ?? "", sections].filter(Boolean).join(", "),
        rank,
        goal: { selection: { layer: "links", id: link.id }, place: middle(link.line) },
      });
    }
  }
  return found;
}

export function findDetectors(search: Search): Found[] {
  const detectors = each(search.things.map((things) => things.detectors));
  return [...detectors].flatMap(({ id, station }) => {
    const number = station?.tms_number?.toString();
    return findStation(search, { kind: "detector", layer: "detectors" }, { id, station, number });
  });
}

/** Road weather stations. */
export function findWeather(search: Search): Found[] {
  const weather = each(search.things.map((things) => things.weather));
  return [...weather].flatMap(({ id, station }) =>
    findStation(search, { kind: "weather", layer: "weather" }, { id, station, number: undefined }),
  );
}

function findStation(
  { typed }: Search,
  { kind, layer }: { kind: Kind; layer: Layer },
  { id, station, number }: { id: string; station: Maybe<Station>; number: string | undefined },
): Found[] {
  const rank = typed.bestRank([station?.name, number, entity(id)]);
  if (rank === undefined) return [];
  const goal = { selection: { layer, id }, place: station?.position ?? undefined };
  const name = station?.name || id;
  const note = station?.name ? (number ?? entity(id)) : "";
  return [{ key: `${kind}:${id}`, kind, name, note, rank, goal }];
}

/** Messages that hold now, by their titles, and after these by what else they say. */
export function findSituations(search: Search): Found[] {
  const { typed, speech, nowMs } = search;
  const found: Found[] = [];
  for (const situation of each(search.things.map(({ situations }) => situations))) {
    const { id, record } = situation;
    // That depends on the record alone.
    if (!isCurrent(situation as Situation, nowMs)) continue;
    const stops = record.informed_entities?.map((about) => about.stop_id) ?? [];
    const said = typed.bestRank([record.description, record.municipality, ...stops, entity(id)]);
    const rank = best([typed.rank(record.title ?? ""), said === undefined ? undefined : RELATED]);
    if (rank === undefined) continue;
    const place = anchor(record.geometry);
    found.push({
      key: `situation:${id}`,
      kind: "situation",
      name: record.title || speech.say("detail.untitled"),
      note: speech.word("situation", record.type ?? "unspecified"),
      rank,
      goal: { selection: { layer: "situations", id }, place },
    });
  }
  return found;
}

/** Links by the city that they are in; what is in none of them is together, too. */
function inCities(
  links: readonly LinkThing[],
  cities: Search["cities"],
): Map<Search["cities"][number] | undefined, LinkThing[]> {
  const byCity = new Map<Search["cities"][number] | undefined, LinkThing[]>();
  for (const link of links) {
    const place = middle(link.line);
    if (place === undefined) continue;
    const city = cities.find(({ bbox }) => includes(bbox, place));
    const same = byCity.get(city);
    if (same === undefined) byCity.set(city, [link]);
    else same.push(link);
  }
  return byCity;
}

/** The link nearest to the middle of all of them. */
export function middlemost(links: readonly LinkThing[]): LinkThing | undefined {
  const places = links.map(({ line }) => middle(line)).filter((place) => place !== undefined);
  const box = boxOf(places);
  const target = { longitude_deg: (box[0] + box[2]) / 2, latitude_deg: (box[1] + box[3]) / 2 };
  let nearest: { link: LinkThing; awayM: number } | undefined;
  for (const link of links) {
    const place = middle(link.line);
    if (place === undefined) continue;
    const awayM = lengthM(toMercator(place), toMercator(target));
    const same = awayM === nearest?.awayM && link.id < nearest.link.id;
    if (nearest === undefined || awayM < nearest.awayM || same) nearest = { link, awayM };
  }
  return nearest?.link;
}
