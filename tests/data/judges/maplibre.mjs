// Draws a layer of tiles after the other with MapLibre in a headless Chromium, and compares what is
// drawn with GeoJSON. Map and browser know nothing but the address of each layer's TileJSON.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { basename, extname } from "node:path";
import { chromium } from "playwright-core";

const [base, region] = process.argv.slice(2);
const LAYERS = ["vehicles", "detectors", "situations", "links", "queues", "areas", "link_emissions", "weather"];

const PAGE = `<!doctype html>
<title>Tiles</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/maplibre-gl.css">
<div id="map" style="width: 800px; height: 600px"></div>
<script type="module">
  import * as maplibregl from "/maplibre-gl.mjs";
  const sheet = { version: 8, sources: {}, layers: [
    { id: "ground", type: "background", paint: { "background-color": "#ffffff" } },
  ] };
  window.errors = [];
  window.draw = (base, layer, bounds) => new Promise((resolve) => {
    const map = new maplibregl.Map({
      container: "map", style: sheet, bounds, fadeDuration: 0,
      canvasContextAttributes: { preserveDrawingBuffer: true },
    });
    map.on("error", ({ error }) => errors.push(layer + ": " + error.message));
    map.once("load", () => {
      map.addSource(layer, { type: "vector", url: base + "/v1/tiles/" + layer });
      const of = (type, geometry, paint) => map.addLayer({
        id: type, type, source: layer, "source-layer": layer, paint,
        filter: ["==", ["geometry-type"], geometry],
      });
      of("fill", "Polygon", { "fill-color": "#000000" });
      of("line", "LineString", { "line-color": "#000000", "line-width": 4 });
      of("circle", "Point", { "circle-color": "#000000", "circle-radius": 5 });
      map.once("idle", () => {
        const drawn = map.queryRenderedFeatures({ layers: ["fill", "line", "circle"] });
        const features = drawn.map(({ layer, properties }) => ({ type: layer.id, properties }));
        const canvas = map.getCanvas();
        const picture = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
        picture.drawImage(canvas, 0, 0);
        const { data } = picture.getImageData(0, 0, canvas.width, canvas.height);
        let dark = 0;
        for (let at = 0; at < data.length; at += 4) dark += data[at] < 64 ? 1 : 0;
        map.remove();
        resolve({ features, dark });
      });
    });
  });
  window.ready = true;
</script>`;

const TYPES = { ".css": "text/css", ".mjs": "text/javascript" };
const dist = new URL("node_modules/maplibre-gl/dist/", import.meta.url);
const server = createServer(async ({ url }, answer) => {
  const { pathname } = new URL(url, "http://localhost");
  const type = TYPES[extname(pathname)];
  try {
    const body = type ? await readFile(new URL(basename(pathname), dist)) : PAGE;
    answer.writeHead(200, { "content-type": type ?? "text/html" }).end(body);
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

// All pages of a layer.
const listed = async (layer) => {
  const features = [];
  let address = `/v1/regions/${region}/${layer}`;
  while (address) {
    const answer = await fetch(new URL(address, base));
    features.push(...(await answer.json()).features);
    address = /<([^>]+)>; rel="next"/.exec(answer.headers.get("link"))?.[1];
  }
  return features;
};

const corners = (part) => {
  if (part.geometries) return part.geometries.flatMap(corners);
  const points = (at) => (typeof at[0] === "number" ? [at] : at.flatMap(points));
  return points(part.coordinates);
};

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  await page.waitForFunction("window.ready");
  let [count, layers] = [0, 0];
  for (const layer of LAYERS) {
    const features = await listed(layer);
    const placed = features.filter(({ geometry }) => geometry !== null);
    if (placed.length === 0) continue;
    const all = placed.flatMap(({ geometry }) => corners(geometry));
    const [longitudes, latitudes] = [0, 1].map((axis) => all.map((point) => point[axis]));
    const west = Math.min(...longitudes) - 0.02;
    const east = Math.max(...longitudes) + 0.02;
    const south = Math.min(...latitudes) - 0.02;
    const north = Math.max(...latitudes) + 0.02;
    const told = page.evaluate(
      ([base, layer, bounds]) => window.draw(base, layer, bounds),
      [base, layer, [west, south, east, north]],
    );
    const slow = new Promise((_, reject) => {
      setTimeout(() => reject(new Error(`${layer} is not drawn: ${errors}`)), 20_000).unref();
    });
    const drawn = await Promise.race([told, slow]);
    errors.push(...(await page.evaluate("window.errors")));
    assert.deepEqual(errors, []);
    const ids = new Set(drawn.features.map(({ properties }) => properties.id));
    assert.ok(ids.size > 0 && drawn.dark > 0, `${layer} is drawn`);
    assert.ok(drawn.features.every(({ properties }) => properties.region === region), layer);
    // The picture may have changed since.
    const known = new Set([...features, ...(await listed(layer))].map(({ id }) => id));
    assert.deepEqual([...ids].filter((id) => !known.has(id)), [], `${layer} that nobody lists`);
    if (process.env.VERBOSE) console.error(layer, placed.length, ids.size, drawn.dark);
    count += ids.size;
    layers += 1;
  }
  console.log(`${count} features of ${layers} layers`);
} finally {
  await browser.close();
  server.close();
}
