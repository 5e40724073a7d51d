/** What a test plays on: publishers, the real server, and the network that the browser has to it. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Feed } from "./feed";
import type { Box, Fleet } from "./fleet";
import { Proxy } from "./proxy";
import { REPOSITORY, Server, networks } from "./server";

/** Two regions with a city each, so that there is something to choose. */
export const NORTH: Box = [24.8, 60.14, 25.2, 60.3];
export const SOUTH: Box = [22.1, 60.4, 22.4, 60.5];

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
    writeFileSync(config, `regions = "regions"\ndata_dir = "data"\nlog_level = "info"\n`);
    return new Stage(folder, config, undefined, feed).open();
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

function regionFile(id: string, [west, south, east, north]: Box): string {
  const bbox = [west - 0.2, south - 0.1, east + 0.2, north + 0.1].join(", ");
  const name = id === "north" ? "Northtown" : "Southtown";
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
