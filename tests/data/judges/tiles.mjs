// Reads a tile of every layer with @mapbox/vector-tile and compares it with GeoJSON.

import assert from "node:assert/strict";
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

const [base, region, zoom, x, y] = process.argv.slice(2);
const z = Number(zoom);
// Degrees of longitude in one unit of a tile, with what simplification may move.
const tolerance = (360 / 2 ** z / 4096) * 3;

const near = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) <= tolerance;
const points = (coordinates) =>
  typeof coordinates[0] === "number" ? [coordinates] : coordinates.flatMap(points);

let count = 0;
for (const layer of ["vehicles", "detectors", "situations", "links", "queues", "areas", "link_emissions"]) {
  const description = await (await fetch(`${base}/v1/tiles/${layer}`)).json();
  assert.equal(description.tilejson, "3.0.0");
  const address = description.tiles[0].replace("{z}", zoom).replace("{x}", x).replace("{y}", y);
  const answer = await fetch(address);
  assert.equal(answer.status, 200);
  const tile = new VectorTile(new PbfReader(new Uint8Array(await answer.arrayBuffer())));
  assert.deepEqual(Object.keys(tile.layers), [layer]);
  const features = await (await fetch(`${base}/v1/regions/${region}/${layer}`)).json();
  const objects = new Map(features.features.map((feature) => [feature.id, feature]));
  const drawn = tile.layers[layer];
  assert.equal(drawn.version, 2);
  assert.ok(drawn.length > 0);
  for (let at = 0; at < drawn.length; at++) {
    const feature = drawn.feature(at);
    const object = objects.get(feature.properties.id);
    assert.ok(object, `${layer} has ${feature.properties.id}`);
    assert.equal(feature.properties.region, region);
    for (const name of Object.keys(feature.properties)) {
      assert.ok(name in description.vector_layers[0].fields, name);
    }
    const { geometry } = feature.toGeoJSON(Number(x), Number(y), z);
    const there = object.geometry.geometries ?? [object.geometry];
    const corners = points(there.map((part) => part.coordinates));
    for (const point of points(geometry.coordinates)) {
      assert.ok(corners.some((corner) => near(point, corner)), `${layer} ${point} of ${corners}`);
    }
    count += 1;
  }
}
console.log(`${count} features`);
