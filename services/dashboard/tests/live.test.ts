import { describe, expect, it } from "vitest";
import type { Box } from "tilanne-client";
import { FIRST_WAIT_MS, LAYERS } from "tilanne-client";
import { VEHICLE_FIELDS } from "../src/stream/vehicle_fields";
import { World, delta, snapshot, vehicle } from "./scripted";

const BOX: Box = [24, 60, 26, 61];
const SMALLER: Box = [24.5, 60, 25, 60.5];

/** A page with a live picture of one vehicle at sequence 10. */
function shown(): World {
  const world = new World();
  world.live.show("north", BOX);
  world.socket.open();
  world.socket.say(snapshot(world.subscription, 10, [vehicle("a")]));
  return world;
}

describe("the live picture", () => {
  it("is empty before there is something to show", () => {
    const { live, sockets } = new World();
    expect(sockets).toHaveLength(0);
    expect([live.state, live.picture.size, live.shown]).toEqual(["connecting", 0, undefined]);
  });

  it("moves with the view, of which only the difference comes", () => {
    const world = shown();
    expect(world.socket.sent).toMatchObject([{ region: "north", layers: LAYERS, bbox: BOX }]);
    world.live.show("north", SMALLER, ["vehicles"]);
    const id = world.subscription;
    expect(world.socket.sent).toMatchObject([{ id }, { id, bbox: SMALLER, layers: ["vehicles"] }]);
    expect(world.live.shown?.bbox).toEqual(SMALLER);
  });

  it("has of every vehicle what is shown, and all of the one that is looked at", () => {
    const world = shown();
    const { live } = world;
    const fields = { vehicles: VEHICLE_FIELDS };
    expect(world.socket.sent).toMatchObject([{ fields }]);
    live.look("north", "b");
    expect(live.vehicle("b")).toBeUndefined();
    const asked = world.socket.sent.at(-1) as { id: string };
    expect(asked).toMatchObject({ region: "north", layers: ["vehicles"], ids: ["b"] });
    expect(asked).not.toHaveProperty("fields");
    world.socket.say(snapshot(asked.id, 10, [vehicle("b")]));
    expect([live.vehicle("b")?.id, live.vehicle("a"), world.looks]).toEqual(["b", undefined, 1]);
    // As the page says at every move of the view.
    live.look("north", "b");
    live.look("north", "c");
    expect(world.socket.sent).toHaveLength(3);
    expect(world.socket.sent.at(-1)).toMatchObject({ id: asked.id, ids: ["c"] });
    live.look("north", undefined);
    expect(world.socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: asked.id });
    live.show("north", BOX, ["feeds"]);
    expect(world.socket.sent.at(-1)).not.toHaveProperty("fields");
  });

  it("has vehicles whole where a connection may have one subscription only", () => {
    const world = new World({ subscriptionsMax: 1 });
    world.live.show("north", BOX);
    world.live.look("north", "a");
    world.socket.open();
    expect(world.socket.sent).toHaveLength(1);
    expect(world.socket.sent[0]).not.toHaveProperty("fields");
    world.socket.say(snapshot(world.subscription, 10, [vehicle("a")]));
    expect(world.live.vehicle("a")?.id).toBe("a");
  });

  it("stays on screen while the connection is away, and goes on where it was", () => {
    const world = shown();
    world.socket.drop();
    expect(world.live.state).toBe("lost");
    expect(world.live.picture.layer("vehicles").size).toBe(1);
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    expect(world.socket.sent).toMatchObject([{ resume: "c10", bbox: BOX }]);
    const updated = { vehicles: [vehicle("b")] };
    world.socket.say(delta(world.subscription, 10, 15, { updated }));
    expect(world.states).toEqual(["live", "lost", "live"]);
    expect([...world.live.picture.layer("vehicles").keys()]).toEqual(["a", "b"]);
    expect(world.changes.at(-1)?.reset).toBe(false);
  });

  it("can ask for less from within a refusal", () => {
    const world = shown();
    const { live } = world;
    live.show("north", BOX, LAYERS);
    const problem = { type: "about:blank", title: "Too large", status: 413, detail: "" };
    world.socket.say({ type: "error", id: world.subscription, problem });
    expect(world.problems).toEqual(["Too large"]);
    live.show("north", BOX, ["vehicles"]);
    world.socket.say(snapshot(world.subscription, 11, [vehicle("b")]));
    expect([live.state, live.shown?.layers]).toEqual(["live", ["vehicles"]]);
    expect([...live.picture.layer("vehicles").keys()]).toEqual(["b"]);
  });
});
