import { describe, expect, it } from "vitest";
import { FIRST_WAIT_MS, LONGEST_WAIT_MS, waitBeforeTryMs } from "../src/stream/backoff";
import { OPEN_LIMIT_MS, RESUBSCRIBE_PAUSE_MS, SILENCE_LIMIT_MS } from "../src/stream/client";
import type { Box } from "../src/stream/model";
import { LAYERS } from "../src/stream/model";
import { World, delta, snapshot, vehicle } from "./scripted";

const BOX: Box = [24, 60, 26, 61];
const OTHER_BOX: Box = [24.5, 60, 25, 60.5];

/** A world with a live picture of one vehicle at sequence 10. */
function live(): World {
  const world = new World();
  world.client.show("north", BOX);
  world.socket.open();
  world.socket.say(snapshot(world.subscription, 10, [vehicle("a")]));
  return world;
}

describe("the stream client", () => {
  it("subscribes when the connection opens and takes the snapshot", () => {
    const world = live();
    expect(world.socket.sent).toEqual([
      {
        type: "subscribe",
        id: "map-1",
        region: "north",
        layers: LAYERS,
        bbox: BOX,
      },
    ]);
    expect(world.states).toEqual(["live"]);
    expect(world.client.picture.layer("vehicles").has("a")).toBe(true);
  });

  it("applies deltas that follow each other", () => {
    const world = live();
    const updated = { vehicles: [vehicle("b")] };
    world.socket.say(delta("map-1", 10, 12, { updated }));
    const removed = { vehicles: [{ id: "a", reason: "expired" }] };
    world.socket.say(delta("map-1", 12, 15, { removed }));
    expect([...world.client.picture.layer("vehicles").keys()]).toEqual(["b"]);
    expect(world.client.picture.sequence).toBe(15);
    expect(world.changes.at(-1)?.removed.vehicles).toEqual(["a"]);
  });

  it("asks for everything again after a gap, once, and leaves out what follows the gap", () => {
    const world = live();
    world.socket.say(delta("map-1", 11, 12, { updated: { vehicles: [vehicle("lost")] } }));
    world.socket.say(delta("map-1", 12, 13));
    world.pass(RESUBSCRIBE_PAUSE_MS);
    const [, unsubscribe, subscribe, ...more] = world.socket.sent;
    expect(unsubscribe).toEqual({ type: "unsubscribe", id: "map-1" });
    expect(subscribe).toMatchObject({ type: "subscribe", id: "map-2", bbox: BOX });
    expect(more).toEqual([]);
    expect(world.client.picture.layer("vehicles").has("lost")).toBe(false);
    world.socket.say(snapshot("map-2", 20, [vehicle("c")]));
    expect([...world.client.picture.layer("vehicles").keys()]).toEqual(["c"]);
  });

  it("takes another epoch for a gap", () => {
    const world = live();
    world.socket.say(delta("map-1", 10, 11, { epoch: "e2" }));
    world.pass(RESUBSCRIBE_PAUSE_MS);
    expect(world.subscription).toBe("map-2");
  });

  it("keeps the subscription when the view moves, and starts one for another region", () => {
    const world = live();
    world.client.show("north", OTHER_BOX);
    expect(world.socket.sent.at(-1)).toMatchObject({ id: "map-1", bbox: OTHER_BOX });
    world.client.show("south", BOX);
    expect(world.socket.sent.slice(-2)).toMatchObject([
      { type: "unsubscribe", id: "map-1" },
      { type: "subscribe", id: "map-2", region: "south" },
    ]);
    // A frame of the old region that was still on its way.
    world.socket.say(delta("map-1", 10, 11, { updated: { vehicles: [vehicle("late")] } }));
    expect(world.client.picture.layer("vehicles").has("late")).toBe(false);
  });

  it("takes a fresh snapshot at any time: the server sends one to whoever fell behind", () => {
    const world = live();
    world.socket.say(snapshot("map-1", 500, [vehicle("z")]));
    expect([...world.client.picture.layer("vehicles").keys()]).toEqual(["z"]);
    world.socket.say(delta("map-1", 500, 501));
    expect(world.client.picture.sequence).toBe(501);
  });

  it("comes back after a lost connection, keeping the old picture until the new one", () => {
    const world = live();
    world.socket.drop();
    expect(world.client.state).toBe("lost");
    expect(world.client.picture.layer("vehicles").size).toBe(1);
    world.pass(FIRST_WAIT_MS);
    expect(world.sockets).toHaveLength(2);
    world.socket.open();
    expect(world.socket.sent).toMatchObject([{ type: "subscribe", id: "map-2" }]);
    world.socket.say(snapshot("map-2", 3, []));
    expect(world.states).toEqual(["live", "lost", "live"]);
    expect(world.client.picture.layer("vehicles").size).toBe(0);
  });

  it("gives up a connection that does not open, and one that falls silent", () => {
    const world = new World();
    world.client.show("north", BOX);
    world.pass(OPEN_LIMIT_MS);
    expect(world.sockets[0]?.closed).toBe(true);
    world.pass(LONGEST_WAIT_MS);
    world.socket.open();
    world.socket.say(snapshot(world.subscription, 1));
    const count = world.sockets.length;
    world.pass(SILENCE_LIMIT_MS);
    expect(world.sockets[count - 1]?.closed).toBe(true);
    expect(world.client.state).toBe("lost");
  });

  it("survives frames that are no messages, and passes on problems", () => {
    const world = live();
    for (const frame of ["", "{", "[]", "null", '{"type":"delta"}', '{"type":"new"}']) {
      world.socket.say(frame);
    }
    world.socket.say({ type: "error", problem: { title: "too many objects", status: 400 } });
    expect(world.problems).toEqual(["too many objects"]);
    expect(world.client.state).toBe("live");
  });

  it("starts at an empty log, whose sequence is missing", () => {
    const world = new World();
    world.client.show("north", BOX);
    world.socket.open();
    world.socket.say(snapshot(world.subscription, null));
    world.socket.say(delta(world.subscription, null, 0));
    expect(world.client.picture.sequence).toBe(0);
  });
});

describe("the wait before a next try", () => {
  it("doubles up to a bound, and never is the same for all", () => {
    expect(waitBeforeTryMs(0, 0)).toBe(250);
    expect(waitBeforeTryMs(2, 0)).toBe(1_000);
    expect(waitBeforeTryMs(1_000, 0.999_999)).toBeLessThanOrEqual(LONGEST_WAIT_MS);
  });
});
