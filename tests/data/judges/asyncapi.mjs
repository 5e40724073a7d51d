// Validates the description of the streams with @asyncapi/parser, and looks for references of both
// descriptions to elsewhere: whoever reads them has nothing to fetch.

import assert from "node:assert/strict";
import { Parser } from "@asyncapi/parser";

const [base] = process.argv.slice(2);

const get = async (path) => {
  const answer = await fetch(`${base}/${path}`);
  assert.equal(answer.status, 200, path);
  return answer.json();
};

const references = (value) =>
  Object.entries(value ?? {}).flatMap(([key, part]) => {
    if (key === "$ref" && typeof part === "string") return [part];
    return typeof part === "object" ? references(part) : [];
  });

for (const path of ["asyncapi.json", "openapi.json"]) {
  const said = references(await get(path));
  assert.ok(said.length > 0, `${path} has references`);
  assert.deepEqual(said.filter((reference) => !reference.startsWith("#/")), [], `${path} refers to elsewhere`);
}

// The parser's own severities: 0 is an error. A newer version of the specification is a warning.
const { document, diagnostics } = await new Parser().parse(await get("asyncapi.json"));
const errors = diagnostics.filter(({ severity }) => severity === 0);
assert.deepEqual(errors.map(({ path, message }) => `${path.join(".")}: ${message}`), []);
assert.equal(document.version(), "3.0.0");
for (const operation of document.operations().all()) {
  assert.ok(["send", "receive"].includes(operation.action()), operation.id());
  assert.equal(operation.channels().all().length, 1, operation.id());
  assert.ok(operation.messages().all().length > 0, operation.id());
  for (const message of operation.messages().all()) {
    assert.ok(message.hasPayload(), `${operation.id()} ${message.id()}`);
  }
}
console.log(`${document.operations().all().length} operations`);
