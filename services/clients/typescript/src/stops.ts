/** Stops of public transport, which are asked for over HTTP: they do not change as the picture does. */

import type { Stop } from "./model.js";
import type { Problem } from "./problem.js";
import { ConnectionLostError, TilanneError, UsageError, refusal } from "./problem.js";
import type { Place } from "./selection.js";

/** A page is there by then, or it will not be. */
export const ANSWER_LIMIT_MS = 30_000;
/** More pages than that are a server that sends the reader in circles. */
const PAGES_MAX = 10_000;

/** Which stops; all that is said holds. A `route` is one that calls at them. */
export interface StopSelection extends Place {
  region: string;
  /** A part of the name or the code, or the whole id; capitals and small letters are the same. */
  q?: string;
  /** A condition on the properties, in CQL2 text: `code LIKE 'H%'`. */
  filter?: string;
}

interface StopPage {
  stops: Stop[];
  next?: string;
}

/** Gets all pages of stops from the folder of a server, whose address ends with `/`. */
export async function fetchStops(folder: string, selection: StopSelection): Promise<Stop[]> {
  const { region, q, filter, ...place } = selection;
  const words = query({ ...place, q, filter });
  const path = `v1/regions/${encodeURIComponent(region)}/stops?${words.toString()}`;
  let address: URL | undefined = new URL(path, folder);
  const stops: Stop[] = [];
  for (let pages = 0; address !== undefined; pages += 1) {
    if (pages === PAGES_MAX) throw new TilanneError(`${folder} sends more than ${PAGES_MAX} pages`);
    const page: StopPage = await getPage(address);
    stops.push(...page.stops);
    address = page.next === undefined ? undefined : new URL(page.next, address);
  }
  return stops;
}

/** A selection as the server reads it in an address. */
function query(said: Place & { q: string | undefined; filter: string | undefined }) {
  const { bbox, polygon, corridor, ids, city, district, route, q, filter } = said;
  const words: Record<string, string | undefined> = {
    bbox: bbox?.join(","),
    polygon: polygon?.flat().join(","),
    corridor: corridor?.line.flat().join(","),
    width_m: corridor && String(corridor.width_m),
    ids: ids?.join(","),
    city,
    district,
    route,
    q,
    filter,
  };
  const given = Object.entries(words).filter(([, word]) => word !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

async function getPage(address: URL): Promise<StopPage> {
  let response: Response;
  let body: unknown;
  try {
    const signal = AbortSignal.timeout(ANSWER_LIMIT_MS);
    response = await fetch(address, { headers: { Accept: "application/json" }, signal });
    body = await response.json().catch((error: unknown) => {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    });
  } catch (error) {
    throw new ConnectionLostError(
      `no answer from ${address.href}: ${String(error)}; check the address and that Tilanne runs there`,
    );
  }
  if (!response.ok) throw refusal(problemOf(response, body));
  const { stops } = (body ?? {}) as Partial<StopPage>;
  if (!Array.isArray(stops)) throw new UsageError(`${address.href} is no address of Tilanne`);
  return body as StopPage;
}

/** The problem that the server tells, as far as it is one. */
function problemOf({ status, statusText }: Response, body: unknown): Problem {
  const said = (body ?? {}) as Partial<Problem>;
  const title = said.title ?? statusText;
  const detail = said.detail ?? "the answer says no more";
  return { type: said.type ?? "about:blank", title, status, detail };
}
