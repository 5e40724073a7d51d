import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LAYERS } from "../src/index.js";

interface Schema {
  enum?: string[];
  properties?: Record<string, unknown>;
}

const read = (path: string): string => readFileSync(new URL(path, import.meta.url)).toString();
const { components } = JSON.parse(read("../../../gateway/openapi.json")) as {
  components: { schemas: Record<string, Schema> };
};

/** Names here that are others there, as messages and public transport have words of their own. */
const OTHER_NAMES: Record<string, string> = { VehicleReport: "VehiclePosition" };
/** What is the same of many, and what the types are listed in. */
const NOT_THERE = ["Stamped", "LayerObjects"];

/** Names of the properties of each interface, with those that it extends. */
function interfaces(): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const declared = /^export interface (\w+)(?: extends (\w+))? \{\n(.*?)^\}/gmsu;
  for (const [, name = "", base = "", body = ""] of read("../src/model.ts").matchAll(declared)) {
    const own = [...body.matchAll(/^ {2}(\w+)\??:/gmu)].map(([, property = ""]) => property);
    found.set(name, new Set([...(found.get(base) ?? []), ...own]));
  }
  return found;
}

describe("the types of objects", () => {
  it("have the layers that the server has", () => {
    expect(LAYERS).toEqual(components.schemas["LayerName"]?.enum);
  });

  it("have the properties that the server's have", () => {
    const ours = interfaces();
    expect(ours.size).toBeGreaterThan(30);
    for (const name of NOT_THERE) ours.delete(name);
    for (const [name, properties] of ours) {
      const schema = components.schemas[OTHER_NAMES[name] ?? name];
      const theirs = Object.keys(schema?.properties ?? {});
      expect([...properties].sort(), name).toEqual(theirs.sort());
    }
  });
});
