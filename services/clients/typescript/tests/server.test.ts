/**
 * Against a real server, whose address is in `TILANNE_URL`. Where `TILANNE_RESTART` names a file,
 * whoever started the tests kills the server when that file appears, starts it again on the same
 * data and port, and removes the file.
 */

import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { Box, CloudEvent, Layer, Selection } from "../src/index.js";
import type { EventStream } from "../src/index.js";
import { Client, LAYERS, RefusedError, Subscription } from "../src/index.js";

const URL_OF_SERVER = process.env["TILANNE_URL"] ?? "";
const RESTART = process.env["TILANNE_RESTART"] ?? "";
/** Node has a WebSocket of its own from 22 on. */
const WEBSOCKET_FLAG = "--experimental-websocket";
const PATIENCE_MS = 120_000;
/** Moments that are remembered, to compare with what the server had at one of them. */
const MOMENTS_MAX = 500;
const PAGE = 150;

interface Moment {
  epoch: string | undefined;
  sequence: number | null;
  objects: ReadonlyMap<string, unknown>;
}

/** What the subscription had of a layer lately, by moments. */
class History {
  readonly moments: Moment[] = [];

  constructor(private readonly layer: Layer) {}

  note({ picture }: Subscription): void {
    if (!picture.complete) return;
    const { epoch, sequence } = picture;
    this.moments.push({ epoch, sequence, objects: new Map(picture.layer(this.layer)) });
    if (this.moments.length > MOMENTS_MAX) this.moments.shift();
  }
}

/** JSON that is the same for the same value. */
function canonical(value: unknown): string {
  const sorted = (_: string, inner: unknown): unknown =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner;
  return JSON.stringify(value, sorted);
}

interface Region {
  id: string;
  bbox: Box;
  /** Objects by layer. */
  layers: Record<string, number>;
}

interface Page {
  epoch: string;
  sequence: number | null;
  objects: { id: string }[];
  next?: string;
}

async function get<T>(path: string): Promise<{ body: T; next: string | undefined }> {
  const answer = await fetch(new URL(path, URL_OF_SERVER), {
    headers: { "accept": "application/json" },
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  const next = /<([^>]*)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
  return { body: (await answer.json()) as T, next };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !condition(); await sleep(20)) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
  }
}

/** Holds each page of a layer to what the subscription had at the page's moment. */
async function expectPages(region: string, layer: Layer, history: History, query = "") {
  let path: string | undefined = `/v1/regions/${region}/${layer}?limit=${PAGE}${query}`;
  let after = "";
  let objects = 0;
  const end = Date.now() + PATIENCE_MS;
  while (path !== undefined) {
    const { body, next }: { body: Page; next: string | undefined } = await get<Page>(path);
    // The message of this moment may still be on its way, or there was none of just this one.
    await sleep(100);
    const moment = history.moments.findLast(
      ({ epoch, sequence }) => epoch === body.epoch && sequence === body.sequence,
    );
    if (moment === undefined) {
      if (Date.now() > end) throw new Error(`no moment of ${layer} in common`);
      continue;
    }
    const last = next === undefined ? undefined : body.objects.at(-1)?.id;
    const inPage = (id: string) => id > after && (last === undefined || id <= last);
    const ours = [...moment.objects].filter(([id]) => inPage(id));
    ours.sort(([a], [b]) => (a < b ? -1 : 1));
    const said = canonical(ours.map(([, object]) => object));
    expect(said === canonical(body.objects), `${layer} of sequence ${body.sequence}`).toBe(true);
    objects += body.objects.length;
    after = last ?? after;
    path = next;
  }
  return objects;
}

/** Holds the events to those that the log has from the first to the last of them. */
async function expectEvents(region: string, events: readonly CloudEvent[]) {
  const [first] = events;
  if (first === undefined) throw new Error("no events");
  const logged: string[] = [];
  const query = "kinds=vehicle_position,trip_update";
  let path = `/v1/regions/${region}/events?${query}&offset=${Number(first.sequence)}`;
  while (logged.length < events.length) {
    const { body, next } = await get<CloudEvent[]>(path);
    logged.push(...body.map(canonical));
    path = next ?? path;
  }
  const seen = events.map(canonical);
  expect(logged.slice(0, seen.length).join("\n") === seen.join("\n"), "events").toBe(true);
}

describe.skipIf(URL_OF_SERVER === "")("against the server", () => {
  it("the picture is the server's, object by object, before and after a kill", async () => {
    const { body } = await get<{ regions: Region[] }>("/v1/regions");
    const [first] = body.regions;
    if (first === undefined) throw new Error("no region");
    const { id: region, bbox } = first;
    const layers = LAYERS.filter((layer) => layer in first.layers);
    expect(layers.length).toBeGreaterThan(9);
    const [west, south, east, north] = bbox;
    const client = new Client(URL_OF_SERVER);

    const histories = new Map(LAYERS.map((layer) => [layer, new History(layer)]));
    let emptyMoments = 0;
    const whole = client.subscribe(
      { region, layers },
      {
        changed: () => {
          if (whole.picture.layer("vehicles").size === 0) emptyMoments += 1;
          for (const history of histories.values()) history.note(whole);
        },
      },
    );
    const part = new History("vehicles");
    const box = (n: number): Box => {
      const [width, height] = [(east - west) / 3, (north - south) / 3];
      const [left, bottom] = [west + (width * (n % 5)) / 2, south + (height * (n % 3)) / 2];
      return [left, bottom, left + width, bottom + height];
    };
    const fields = { vehicles: ["event_time_ms", "report.position", "report.trip.route_id"] };
    const selection = (n: number): Selection => ({
      region,
      layers: ["vehicles"],
      bbox: box(n),
      fields,
    });
    let moves = 0;
    const moving = client.subscribe(selection(moves), { changed: () => part.note(moving) });
    const events: CloudEvent[] = [];
    const follow = (time_ms?: number): EventStream =>
      client.events(
        {
          region,
          kinds: ["vehicle_position", "trip_update"],
          ...(time_ms === undefined ? {} : { time_ms }),
        },
        {
          events: (batch) => events.push(...batch),
          // A kill takes the newest events with it where they were not yet on the disk.
          state: (state) => {
            if (state === "refused") stream = follow(Math.floor(client.clock.nowMs() ?? 0));
          },
        },
      );
    let stream = follow();
    const changed = new Map<string, string>();
    const reading = (async () => {
      const wanted = { region, layers: ["vehicles"] as const, filter: "report.mode <> 'car'" };
      const subscription = client.subscribe(wanted);
      for await (const change of subscription) {
        if (change.kind === "removed") changed.delete(change.id);
        else changed.set(change.id, canonical(change.object));
      }
      return subscription.picture;
    })();

    await whole.complete();
    await until("vehicles", () => whole.picture.layer("vehicles").size > 10);
    await until("events", () => events.length > 100);
    emptyMoments = 0;
    for (moves = 1; moves <= 20; moves += 1) {
      moving.move(selection(moves));
      await sleep(25);
    }
    const compare = async () => {
      for (const layer of layers) {
        const history = histories.get(layer) ?? new History(layer);
        const objects = await expectPages(region, layer, history);
        if (layer === "vehicles" || layer === "feeds") expect(objects).toBeGreaterThan(0);
      }
      // An answer to the last move has been heard by now: 20 moves ago was another box.
      part.moments.splice(0, part.moments.length - 1);
      const query = `&bbox=${moving.selection.bbox?.join(",")}&fields=${fields.vehicles.join(",")}`;
      await expectPages(region, "vehicles", part, query);
    };
    await compare();

    if (RESTART !== "") {
      const { sequence, epoch } = whole.picture;
      await expectEvents(region, events);
      writeFileSync(RESTART, "");
      await until("the loss", () => client.state === "lost");
      events.length = 0;
      moving.move(selection(7));
      await until("the server", () => !existsSync(RESTART));
      await until("the connection", () => whole.state === "live" && moving.state === "live");
      await until("new changes", () => (whole.picture.sequence ?? 0) > (sequence ?? 0));
      expect(whole.picture.epoch).toBe(epoch);
      expect(client.lastLoss).toBeDefined();
      for (const { moments } of histories.values()) moments.length = 0;
      part.moments.length = 0;
      await until("events", () => events.length > 100);
      await compare();
    }
    expect(emptyMoments).toBe(0);
    stream.close();
    await expectEvents(region, events);
    expect(whole.picture.origin).toBe("demo");
    expect(Math.abs((client.clock.nowMs() ?? 0) - Date.now())).toBeLessThan(5_000);

    await sleep(200);
    client.close();
    const followed = await reading;
    const held = [...followed.layer("vehicles")].map(([id, object]) => [id, canonical(object)]);
    expect([...changed].sort()).toEqual(held.sort());
  }, 400_000);

  it("the example runs, on what is built", async () => {
    const { body } = await get<{ regions: { id: string }[] }>("/v1/regions");
    const flags = Number(process.versions.node.split(".")[0]) < 22 ? [WEBSOCKET_FLAG] : [];
    const script = ["examples/follow.mjs", URL_OF_SERVER, body.regions[0]?.id ?? "", "20"];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...script]);
    expect(stdout.trim().split("\n")).toHaveLength(20);
    expect(stdout).toContain("km/h");
  }, 60_000);

  it("refusals are errors that say what to do", async () => {
    const client = new Client(URL_OF_SERVER);
    const nowhere: Selection = { region: "atlantis", layers: ["vehicles"] };
    await expect(client.snapshot(nowhere)).rejects.toThrow(/no region "atlantis".*status 404/);
    const { body } = await get<{ regions: { id: string }[] }>("/v1/regions");
    const region = body.regions[0]?.id ?? "";
    const bad: Selection = { region, layers: ["vehicles"], filter: "report.mode" };
    await expect(client.snapshot(bad)).rejects.toThrow(RefusedError);
    const half = client.events({ region, time_ms: 0.5 });
    await expect(half[Symbol.asyncIterator]().next()).rejects.toThrow("not understood");
    const future = client.events({ region, offset: Number.MAX_SAFE_INTEGER });
    await expect(future[Symbol.asyncIterator]().next()).rejects.toThrow("there is no offset");
    client.close();
  }, 30_000);
});
