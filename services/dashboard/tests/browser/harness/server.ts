/** The real server: the binary under test as a process of its own. */

import type { ChildProcess } from "node:child_process";
import { execFile, spawn } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** How long anything may take on a shared machine before it counts as not happening. */
export const PATIENCE_MS = 60_000;

export const REPOSITORY = resolve(import.meta.dirname, "../../../../..");

/** A vehicle as the REST interface has it, as far as the tests compare it. */
export interface ServedVehicle {
  id: string;
  report: { position?: { latitude_deg: number; longitude_deg: number } | null };
}

function binary(): string {
  const path = process.env["TILANNE_BIN"];
  if (path === undefined || !existsSync(path)) {
    throw new Error(`TILANNE_BIN must name the binary under test, it is ${path ?? "not set"}`);
  }
  return path;
}

/** The demo's street networks, where there are any: `cargo xtask` makes them beside the binary. */
export function networks(): string | undefined {
  const folder = process.env["TILANNE_NETWORKS"] ?? join(dirname(binary()), "../demo");
  return existsSync(folder) ? folder : undefined;
}

/** The environment without variables that would change what a configuration says. */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("TILANNE_"));
  return Object.fromEntries(kept);
}

/** Runs a command of the binary to its end. */
export async function command(words: readonly string[]): Promise<void> {
  await promisify(execFile)(binary(), words, { cwd: REPOSITORY, env: environment() });
}

export interface Start {
  config: string;
  data: string;
  /** A folder of street networks. */
  networks?: string | undefined;
}

export class Server {
  private child: ChildProcess | undefined;
  /** Host and port; the same after a restart. */
  private listen = "127.0.0.1:0";

  constructor(private readonly start: Start) {}

  get port(): number {
    return Number(this.listen.split(":")[1]);
  }

  /** Starts the process, on the port that it had before, and waits until it answers. */
  async run(data = this.start.data): Promise<void> {
    const { config, networks } = this.start;
    const files = ["--config", config, "--data-dir", data];
    const streets = networks === undefined ? [] : ["--networks", networks];
    const child = spawn(binary(), ["run", "--listen", this.listen, ...files, ...streets], {
      cwd: REPOSITORY,
      env: environment(),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    process.once("exit", () => child.kill("SIGKILL"));
    const log = `${data}.log`;
    child.stderr?.on("data", (text: Buffer) => appendFileSync(log, text));
    this.listen = await address(child).catch(() => {
      const said = existsSync(log) ? readFileSync(log, "utf8") : "";
      throw new Error(`the server printed no address; it said: ${said.slice(-4_000)}`);
    });
  }

  /** Kills the process as a power cut would. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await ended;
  }

  /** Asks the server itself, past the proxy. */
  async get(path: string): Promise<unknown> {
    const answer = await fetch(`http://${this.listen}/${path}`);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.json();
  }

  /** @param atMs a moment of the past; without it now */
  async vehicles(region: string, atMs?: number): Promise<ServedVehicle[]> {
    const query = new URLSearchParams({ format: "json", limit: "1000", fields: "report.position" });
    if (atMs !== undefined) query.set("at", new Date(atMs).toISOString());
    const path = `v1/regions/${region}/vehicles?${query.toString()}`;
    const { objects } = (await this.get(path)) as { objects: ServedVehicle[] };
    return objects;
  }

  /** Ids of the replays that run. */
  async replays(): Promise<string[]> {
    const { replays } = (await this.get("v1/replays")) as { replays: { id: string }[] };
    return replays.map(({ id }) => id);
  }

  /** Ends a replay, as somebody else may; one that has ended by itself stays so. */
  async endReplay(id: string): Promise<void> {
    const answer = await fetch(`http://${this.listen}/v1/replays/${id}`, { method: "DELETE" });
    const isGone = answer.ok || answer.status === 404;
    if (!isGone) throw new Error(`the end of replay ${id} answered ${answer.status}`);
  }
}

/** The address that the server prints when it is there. */
async function address(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("the server has no standard output");
  const lines = createInterface(child.stdout);
  return new Promise((found, failed) => {
    const limit = setTimeout(() => failed(new Error("no address in time")), PATIENCE_MS);
    lines.on("line", (line) => {
      const host = /http:\/\/([^/\s]+)/.exec(line)?.[1];
      if (host === undefined) return;
      clearTimeout(limit);
      found(host);
    });
    lines.on("close", () => {
      clearTimeout(limit);
      failed(new Error("the server ended"));
    });
  });
}
