import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Client, ConnectionLostError, RefusedError, UsageError } from "../src/index.js";

const stop = (id: string) => ({
  id,
  name: `Stop ${id}`,
  code: null,
  latitude_deg: 60,
  longitude_deg: 25,
});

type Answer = (path: string) => { status?: number; body: unknown };

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** A server that remembers what it was asked. */
async function serving(answer: Answer): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url ?? "";
    asked.push(path);
    const { status = 200, body } = answer(path);
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/tilanne`, asked };
}

describe("stops", () => {
  it("come from the folder of the server, all pages of them", async () => {
    const { url, asked } = await serving((path) =>
      path.includes("cursor")
        ? { body: { stops: [stop("b")] } }
        : { body: { stops: [stop("a")], next: `${path}&cursor=a` } },
    );
    const client = new Client(url);
    const bbox = [24, 60, 26, 61] as const;
    const stops = await client.stops({ region: "r/1", bbox, q: "Töölö & co", route: "550" });
    expect(stops.map(({ id }) => id)).toEqual(["a", "b"]);
    const [first = "", second = ""] = asked;
    const { pathname, searchParams } = new URL(first, url);
    expect(pathname).toBe("/tilanne/v1/regions/r%2F1/stops");
    expect(Object.fromEntries(searchParams)).toEqual({
      bbox: "24,60,26,61",
      q: "Töölö & co",
      route: "550",
    });
    expect(second).toBe(`${first}&cursor=a`);
  });

  it("are asked for with every word of a place", async () => {
    const { url, asked } = await serving(() => ({ body: { stops: [] } }));
    const polygon = [
      [24, 60],
      [25, 60],
      [25, 61],
    ] as const;
    const corridor = {
      line: [
        [24, 60],
        [25, 61],
      ] as const,
      width_m: 50,
    };
    const stops = await new Client(`${url}/v1/stream`).stops({
      region: "north",
      polygon,
      corridor,
      ids: ["a", "b"],
      city: "c",
      district: "d",
      filter: "code = 'H1'",
    });
    expect(stops).toEqual([]);
    expect(Object.fromEntries(new URL(asked[0] ?? "", url).searchParams)).toEqual({
      polygon: "24,60,25,60,25,61",
      corridor: "24,60,25,61",
      width_m: "50",
      ids: "a,b",
      city: "c",
      district: "d",
      filter: "code = 'H1'",
    });
  });

  it("say what is wrong, and what to do", async () => {
    const problem = { type: "about:blank", title: "Not Found", status: 404, detail: "no region" };
    const refusing = await serving(() => ({ status: 404, body: problem }));
    const asking = new Client(refusing.url).stops({ region: "south" });
    await expect(asking).rejects.toThrow(RefusedError);
    await expect(asking).rejects.toThrow("Not Found: no region (status 404)");
    const broken = await serving(() => ({ status: 502, body: "<html>" }));
    await expect(new Client(broken.url).stops({ region: "r" })).rejects.toThrow("status 502");
    const other = await serving(() => ({ body: { hello: "world" } }));
    await expect(new Client(other.url).stops({ region: "r" })).rejects.toThrow(UsageError);
    const nobody = new Client("http://127.0.0.1:9").stops({ region: "r" });
    await expect(nobody).rejects.toThrow(ConnectionLostError);
    await expect(nobody).rejects.toThrow("check the address");
  });
});
