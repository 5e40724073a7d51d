import { afterEach, describe, expect, it, vi } from "vitest";
import { MapChoices } from "../src/map/choices";
import { MAP_LAYERS } from "../src/map/layer";

/** A browser that remembers. */
function remembering(before: Readonly<Record<string, string>> = {}): Map<string, string> {
  const kept = new Map(Object.entries(before));
  const localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  vi.stubGlobal("window", { localStorage });
  return kept;
}

const stateOf = ({ layers, streetScale, vehicleScale }: MapChoices): unknown[] => [
  layers,
  streetScale,
  vehicleScale,
];

afterEach(() => vi.unstubAllGlobals());

describe("what is shown on the map", () => {
  it("is all but what fills the ground, at first, in a browser that remembers nothing, too", () => {
    const first = MAP_LAYERS.filter((layer) => layer !== "areas" && layer !== "districts");
    expect(stateOf(new MapChoices({}))).toEqual([first, "level", "mode"]);
    remembering();
    expect(stateOf(new MapChoices({}))).toEqual([first, "level", "mode"]);
  });

  it("is what the address says, else what is remembered", () => {
    remembering({
      "tilanne.layers": "queues,links",
      "tilanne.streets": "noise",
      "tilanne.vehicles": "punctuality",
    });
    expect(stateOf(new MapChoices({}))).toEqual([["links", "queues"], "noise", "punctuality"]);
    expect(stateOf(new MapChoices({ layers: ["weather"], streets: "co2" }))).toEqual([
      ["weather"],
      "co2",
      "punctuality",
    ]);
  });

  it("follows an address that is opened later, which leaves alone what it does not name", () => {
    const kept = remembering();
    const choices = new MapChoices({ layers: ["links"], streets: "share" });
    choices.wish({ layers: ["districts", "vehicles"] });
    expect(stateOf(choices)).toEqual([["vehicles", "districts"], "share", "mode"]);
    choices.wish({ streets: "nox", vehicles: "punctuality" });
    expect(stateOf(choices)).toEqual([["vehicles", "districts"], "nox", "punctuality"]);
    choices.wish({});
    expect(stateOf(choices)).toEqual([["vehicles", "districts"], "nox", "punctuality"]);
    // An address may name no layer at all; and it is a look, not a choice to be remembered.
    choices.wish({ layers: [] });
    expect(choices.layers).toEqual([]);
    expect([...kept]).toEqual([]);
  });

  it("takes no words of an address that it does not know", () => {
    const choices = new MapChoices({ streets: "level" });
    choices.wish({ layers: ["links", "<b>", "queues"], streets: "__proto__", vehicles: "" });
    expect(stateOf(choices)).toEqual([["links", "queues"], "level", "mode"]);
  });

  it("remembers what the reader chooses", () => {
    const kept = remembering();
    const choices = new MapChoices({ layers: ["links", "queues"] });
    choices.show("queues", false);
    choices.show("areas", true);
    choices.streetScale = "noise";
    choices.vehicleScale = "punctuality";
    expect(Object.fromEntries(kept)).toEqual({
      "tilanne.layers": "links,areas",
      "tilanne.streets": "noise",
      "tilanne.vehicles": "punctuality",
    });
    expect(stateOf(new MapChoices({}))).toEqual(stateOf(choices));
  });
});
