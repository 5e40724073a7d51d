import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MapChoices } from "../src/map/choices";
import type { StreetScale } from "../src/map/layer";
import { Scene } from "../src/scene";
import type { Session } from "../src/stream/session";
import { World, snapshot } from "./scripted";

const CITY = { id: "x", name: "X", region: "north", bbox: [24, 60, 26, 61] } as const;
const HERE = [60.2, 24.5] as const;
const THERE = [60.8, 25.5] as const;
const TOO_MANY = { type: "about:blank", title: "Too large", status: 413, detail: "" };

beforeEach(() => {
  // The view of the map comes after the page is painted, which is never.
  vi.stubGlobal(
    "PerformanceObserver",
    class {
      observe(): void {}
    },
  );
  vi.useFakeTimers();
  vi.stubGlobal("window", { matchMedia: () => ({ matches: true }), clearTimeout });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A scene whose first selection the server has accepted. */
function accepted(streets: StreetScale, zoom: number): { world: World; scene: Scene } {
  const scenes: Scene[] = [];
  const world = new World({}, (problem) => scenes[0]?.refused(problem));
  const container = { clientWidth: 800, clientHeight: 600 } as HTMLElement;
  const options = {
    settings: {} as never,
    container,
    choices: new MapChoices({ streets }),
    place: { zoom, centre: HERE } as never,
    city: CITY as never,
    dark: () => false,
    decimalSign: () => ".",
    needs: () => new Set<never>(),
  };
  const nothing = (): void => undefined;
  const events = { settled: nothing, moved: nothing, picked: nothing, tick: nothing };
  const session = { live: world.live, nowMs: 1 } as unknown as Session;
  const scene = new Scene(session, options, events);
  scenes.push(scene);
  world.socket.open();
  world.socket.say(snapshot(world.subscription, 1));
  return { world, scene };
}

function refuse(world: World): void {
  world.socket.say({ type: "error", id: world.subscription, problem: TOO_MANY });
}

describe("more than the server gives", () => {
  it("is asked for again without the streets, where the view is now", () => {
    const { world, scene } = accepted("level", 13);
    const first = world.live.shown;
    expect(first?.layers).toContain("links");
    scene.look({ zoom: 11, centre: THERE });
    scene.subscribe();
    const large = world.live.shown;
    expect(large?.layers).toContain("links");
    refuse(world);
    expect(scene.streetsHint).toBe("streets.too_many");
    expect(world.live.shown?.layers).not.toContain("links");
    expect(world.live.shown?.bbox).toEqual(large?.bbox);
  });

  it("is what was asked for, not what was shown before", () => {
    // Far out there are cells in place of streets.
    const { world, scene } = accepted("co2", 11.5);
    expect(world.live.shown?.layers).toContain("area_emissions");
    expect(world.live.shown?.layers).not.toContain("links");
    scene.look({ zoom: 12, centre: THERE });
    scene.subscribe();
    expect(world.live.shown?.layers).toContain("links");
    refuse(world);
    expect([scene.streetsHint, scene.tooManyCells]).toEqual(["streets.too_many", false]);
  });

  it("does not leave the view where it was before, when that had the same layers", () => {
    const { world, scene } = accepted("level", 9.5);
    const first = world.live.shown;
    expect(first?.layers).not.toContain("links");
    scene.look({ zoom: 10.5, centre: [60.2, 29] });
    scene.subscribe();
    refuse(world);
    expect(world.live.shown?.layers).toEqual(first?.layers);
    expect(world.live.shown?.bbox).not.toEqual(first?.bbox);
  });

  it("is told, when there is nothing to leave out", () => {
    const { world, scene } = accepted("level", 9.5);
    scene.look({ zoom: 9.5, centre: [60.2, 29] });
    scene.subscribe();
    const asked = world.socket.sent.length;
    refuse(world);
    expect(scene.remark?.status).toBe(413);
    expect(world.socket.sent).toHaveLength(asked);
  });
});
