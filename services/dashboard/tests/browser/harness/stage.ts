/** What a test plays on: publishers, the real server, and the network that the browser has to it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cars } from "./cars";
import { OULU } from "./cars";
import { Feed } from "./feed";
import type { Box, Fleet } from "./fleet";
import { Proxy } from "./proxy";
import { PATIENCE_MS, REPOSITORY, Server, command, networks } from "./server";

/** Two regions with a city each, so that there is something to choose. */
export const NORTH: Box = [24.8, 60.14, 25.2, 60.3];
export const SOUTH: Box = [22.1, 60.4, 22.4, 60.5];

const NAMES: Record<string, string> = { north: "Northtown", south: "Southtown", oulu: "Oulu" };

/** What the server is told of a publisher's data set. */
export interface Published {
  region: "north" | "south";
  feed: string;
  /** How it is asked for; what the path says of the vehicles is read as that of a topic. */
  path: string;
  /** Without one, there is no such path. */
  fleet?: Fleet;
}

export class Stage {
  readonly server: Server;
  readonly proxy: Proxy;

  private constructor(
    private readonly folder: string,
    config: string,
    streets: string | undefined,
    readonly feed: Feed | undefined,
  ) {
    this.server = new Server({ config, data: join(folder, "data"), networks: streets });
    this.proxy = new Proxy(() => this.server.port);
  }

  /** A server with feeds that the test publishes. */
  static async publishing(published: readonly Published[]): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "tilanne-browser-"));
    const feed = new Feed(
      new Map(published.flatMap(({ path, fleet }) => (fleet ? [[path, fleet] as const] : []))),
    );
    await feed.start();
    mkdirSync(join(folder, "regions"));
    for (const [id, box] of [["north", NORTH] as const, ["south", SOUTH] as const]) {
      const feeds = published.filter(({ region }) => region === id);
      const text = regionFile(id, box) + feeds.map((one) => feedTable(one, feed.url)).join("");
      writeFileSync(join(folder, `regions/${id}.toml`), text);
    }
    const config = join(folder, "tilanne.toml");
    writeFileSync(config, MAIN);
    return new Stage(folder, config, undefined, feed).open();
  }

  /**
   * A server with a past: cars have driven in Oulu since a moment, and go on. What is archived since
   * then is there before the server starts.
   */
  static async archiving(cars: Cars, fromS: number): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "tilanne-browser-"));
    const streets = networks();
    if (streets === undefined) throw new Error("TILANNE_NETWORKS must name the demo's streets");
    const feed = new Feed(new Map([["/cars", cars]]));
    await feed.start();
    mkdirSync(join(folder, "regions"));
    writeFileSync(join(folder, "regions/oulu.toml"), regionFile("oulu", OULU) + carTable(feed.url));
    const config = join(folder, "tilanne.toml");
    writeFileSync(config, MAIN + ARCHIVE);
    const stage = new Stage(folder, config, streets, feed);
    try {
      await stage.archive(cars, fromS);
    } catch (error) {
      await stage.close();
      throw error;
    }
    return stage.open();
  }

  /** The demo: its recording, and its streets where somebody has made them. */
  static async demo(): Promise<Stage> {
    const folder = mkdtempSync(join(tmpdir(), "tilanne-browser-"));
    const config = join(REPOSITORY, "config/tilanne.toml");
    return new Stage(folder, config, networks(), undefined).open();
  }

  /** Where the browser finds the page. */
  get url(): string {
    return `http://127.0.0.1:${this.proxy.port}/`;
  }

  /** A server that has lost all that it knew: its history is another one. */
  async restartEmpty(): Promise<void> {
    await this.server.kill();
    await this.server.run(mkdtempSync(join(this.folder, "data-")));
  }

  async close(): Promise<void> {
    await this.proxy.close();
    await this.server.kill();
    await this.feed?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Has a server play what there was until now as fast as it goes, and archive it. */
  private async archive(cars: Cars, fromS: number): Promise<void> {
    const { folder } = this;
    const toS = Math.floor(Date.now() / 1_000);
    const dump: string[] = [];
    for (let atS = fromS; atS <= toS; atS += 2) {
      dump.push(`${new Date(atS * 1_000).toISOString()} tests/cars ${cars.reports(atS)}\n`);
    }
    const [text, file] = [join(folder, "past.txt"), join(folder, "past.recording")];
    writeFileSync(text, dump.join(""));
    const files = ["--feed", "cars", "--config", join(folder, "tilanne.toml")];
    await command(["import", "--as", "dump", ...files, "--output", file, text]);
    const config = join(folder, "past.toml");
    writeFileSync(config, `${MAIN}${ARCHIVE}\n[replay]\nfile = "past.recording"\nspeed = "max"\n`);
    const server = new Server({ config, data: join(folder, "data"), networks: networks() });
    await server.run();
    try {
      for (const sinceMs = performance.now(); (await archivedTo(server)) < (toS - 2) * 1_000;) {
        if (performance.now() - sinceMs > PATIENCE_MS) throw new Error("the past is not archived");
        await new Promise((done) => setTimeout(done, 200));
      }
    } finally {
      await server.kill();
    }
  }

  private async open(): Promise<this> {
    try {
      await this.proxy.open();
      await this.server.run();
      return this;
    } catch (error) {
      await this.close();
      throw error;
    }
  }
}

const MAIN = `regions = "regions"
data_dir = "data"
log_level = "info"
`;

/** What was received a moment ago can be gone back to. */
const ARCHIVE = `
[processor]
checkpoint_every_s = 1

[archive]
roll_s = 1
checkpoint_every_s = 10
`;

/** The newest moment that is archived, ms; 0 while there is none. */
async function archivedTo(server: Server): Promise<number> {
  const { parts } = (await server.get("v1/archive")) as {
    parts: { kind: string; to_ms: number }[];
  };
  const statuses = parts.filter(({ kind }) => kind === "feed_status");
  return Math.max(0, ...statuses.map(({ to_ms }) => to_ms));
}

function regionFile(id: string, [west, south, east, north]: Box): string {
  const bbox = [west - 0.2, south - 0.1, east + 0.2, north + 0.1].join(", ");
  const name = NAMES[id] ?? id;
  return `
id = "${id}"
name = "${name}"
time_zone = "Europe/Helsinki"
bbox = [${bbox}]

[[city]]
id = "${id}"
name = "${name}"
bbox = [${west}, ${south}, ${east}, ${north}]
`;
}

function carTable(url: string): string {
  return `
[[feed]]
name = "cars"
title = "Floating cars"
attribution = "The tests"
format = "tilanne_json"
lateness_s = 4
expire_after_s = 20
idle_after_s = 10

[[feed.source]]
name = "positions"
transport = "http_poll"
[feed.source.options]
url = "${url}"
requests_per_min_max = 6000
resource = [{ path = "/cars", every_s = 1 }]
`;
}

function feedTable({ feed, path }: Published, url: string): string {
  return `
[[feed]]
name = "${feed}"
title = "Buses of ${feed}"
attribution = "The tests"
format = "gtfs_rt"
lateness_s = 10
expire_after_s = 600
idle_after_s = 5

[feed.options]
mode = "bus"

[[feed.source]]
name = "positions"
transport = "http_poll"
[feed.source.options]
url = "${url}"
requests_per_min_max = 6000
resource = [{ path = ${JSON.stringify(path)}, every_s = 1 }]
`;
}
