import { describe, expect, it } from "vitest";
import type { Box, Selection } from "../src/index.js";
import {
  Client,
  ConnectionLostError,
  FIRST_WAIT_MS,
  LONGEST_WAIT_MS,
  OPEN_LIMIT_MS,
  PROBE_AFTER_MS,
  RESUBSCRIBE_PAUSE_MS,
  RESUME_LIMIT_MS,
  SILENCE_LIMIT_MS,
  TooLargeError,
  UsageError,
  streamAddress,
  waitBeforeTryMs,
} from "../src/index.js";
import { MORE, World, delta, snapshot, vehicle } from "./scripted.js";

const BOX: Box = [24, 60, 26, 61];
const OTHER_BOX: Box = [24.5, 60, 25, 60.5];
const NORTH: Selection = { region: "north", layers: ["vehicles", "feeds"], bbox: BOX };

/** A world with a live picture of one vehicle at sequence 10. */
function live(selection = NORTH) {
  const world = new World();
  const client = world.client();
  const subscription = client.subscribe(selection, world.listener);
  world.socket.open();
  world.socket.say(snapshot("s1", 10, [vehicle("a")]));
  const ids = () => [...subscription.picture.layer("vehicles").keys()];
  return { world, client, subscription, ids };
}

function refusal(id: unknown, status = 413) {
  const problem = { type: "about:blank", title: "Refused", status, detail: "too many" };
  return { type: "error", id, problem };
}

describe("a subscription", () => {
  it("is asked for when the connection opens, and takes the snapshot", () => {
    const { world, client, subscription, ids } = live();
    expect(world.socket.sent).toEqual([{ type: "subscribe", id: "s1", ...NORTH }]);
    expect(world.states).toEqual(["live"]);
    expect(client.state).toBe("open");
    expect(subscription.picture.complete).toBe(true);
    expect(ids()).toEqual(["a"]);
  });

  it("takes the time of a replay from each message, also when that goes back or stands", () => {
    const { world, client } = live();
    const replay = { origin: "replay", time_ms: 9_000_000 };
    world.socket.say(snapshot("s1", 20, [vehicle("a")], replay));
    world.pass(5_000);
    expect(client.clock.nowMs()).toBe(9_000_000);
    world.socket.say(snapshot("s1", 5, [vehicle("b")], { ...replay, time_ms: 2_000_000 }));
    world.socket.say(delta("s1", 5, 6, { time_ms: 2_060_000 }));
    expect(client.clock.nowMs()).toBe(2_060_000);
    expect(client.clock.lagMs()).toBe(0);
  });

  it("says places and filters as the server reads them", () => {
    const world = new World();
    const client = world.client();
    const places = [
      {
        polygon: [
          [24, 60],
          [25, 60],
          [25, 61],
        ] as [number, number][],
      },
      {
        corridor: {
          line: [
            [24, 60],
            [25, 60],
          ] as [number, number][],
          width_m: 50,
        },
      },
      { city: "c", district: "d" },
      { route: "1001" },
      { ids: ["a", "b"] },
      { filter: "report.mode = 'tram'" },
      { fields: { vehicles: ["report.position"] } },
    ];
    for (const place of places) client.subscribe({ region: "n", layers: ["vehicles"], ...place });
    world.socket.open();
    places.forEach((place, n) => expect(world.socket.sent[n]).toMatchObject(place));
    const long = { region: "n", layers: ["vehicles"], ids: Array(2_000).fill("feed:12345") };
    expect(() => client.subscribe(long as unknown as Selection)).toThrow(UsageError);
  });

  it("applies deltas that follow each other, and says how late they are", () => {
    const { world, subscription, ids } = live();
    world.socket.say(delta("s1", 10, 12, { updated: { vehicles: [vehicle("b")] } }));
    const removed = {
      vehicles: [
        { id: "a", reason: "expired" },
        { id: "never", reason: "left" },
      ],
    };
    world.socket.say(delta("s1", 12, 15, { removed }));
    expect(ids()).toEqual(["b"]);
    expect(subscription.picture.sequence).toBe(15);
    expect(world.changes.at(-1)?.removed.vehicles).toEqual([{ id: "a", reason: "expired" }]);
    expect(world.changes.at(-1)?.list).toMatchObject([{ kind: "removed", id: "a" }]);
    expect([subscription.lagMs, subscription.coalesced]).toEqual([3, 2]);
  });

  it("asks for everything again after a gap, once, and leaves out what follows the gap", () => {
    const { world, ids } = live();
    world.socket.say(delta("s1", 11, 12, { updated: { vehicles: [vehicle("lost")] } }));
    world.socket.say(delta("s1", 12, 13));
    expect(world.states).toEqual(["live", "lost"]);
    world.pass(RESUBSCRIBE_PAUSE_MS);
    const [, unsubscribe, subscribe, ...more] = world.socket.sent;
    expect(unsubscribe).toEqual({ type: "unsubscribe", id: "s1" });
    expect(subscribe).toEqual({ type: "subscribe", id: "s2", ...NORTH });
    expect(more).toEqual([]);
    expect(ids()).toEqual(["a"]);
    world.socket.say(snapshot("s2", 20, [vehicle("c")]));
    expect(ids()).toEqual(["c"]);
    expect(world.changes.at(-1)?.list).toMatchObject([
      { kind: "added", id: "c" },
      { kind: "removed", id: "a", reason: "replaced" },
    ]);
  });

  it("takes another epoch for a gap", () => {
    const { world } = live();
    world.socket.say(delta("s1", 10, 11, { epoch: "e2" }));
    world.pass(RESUBSCRIBE_PAUSE_MS);
    expect(world.subscription).toBe("s2");
  });

  it("keeps its id when it moves, and has a new one for another region", () => {
    const { world, subscription, ids } = live();
    subscription.move({ ...NORTH, bbox: OTHER_BOX });
    expect(world.socket.sent.at(-1)).toMatchObject({ id: "s1", bbox: OTHER_BOX });
    subscription.move({ ...NORTH, region: "south" });
    expect(world.socket.sent.slice(-2)).toMatchObject([
      { type: "unsubscribe", id: "s1" },
      { type: "subscribe", id: "s2", region: "south" },
    ]);
    // A message of the old region that was still on its way.
    world.socket.say(delta("s1", 10, 11, { updated: { vehicles: [vehicle("late")] } }));
    expect(ids()).toEqual(["a"]);
    world.socket.say(snapshot("s2", 1, [vehicle("b")], { region: "south" }));
    expect(world.changes.at(-1)?.reset).toBe(true);
    expect(ids()).toEqual(["b"]);
  });

  it("takes a fresh snapshot at any time, and shows no empty moment between its messages", () => {
    const { world, subscription, ids } = live();
    world.socket.say(snapshot("s1", 500, [vehicle("y")], MORE));
    expect(ids()).toEqual(["a", "y"]);
    expect(subscription.picture.complete).toBe(false);
    const updated = { vehicles: [vehicle("z")] };
    world.socket.say(delta("s1", 500, 500, { updated, ...MORE }));
    expect(ids()).toEqual(["a", "y", "z"]);
    world.socket.say(delta("s1", 500, 501));
    expect(ids()).toEqual(["y", "z"]);
    expect(subscription.picture.complete).toBe(true);
  });

  it("starts at an empty log, whose sequence is missing", () => {
    const world = new World();
    const { picture } = world.client().subscribe(NORTH);
    world.socket.open();
    world.socket.say(snapshot("s1", null));
    world.socket.say(delta("s1", null, 0));
    expect(picture.sequence).toBe(0);
  });
});

describe("a lost connection", () => {
  it("is taken up from the cursor, with the picture kept", () => {
    const { world, subscription, ids } = live();
    world.socket.say(delta("s1", 10, 12, { updated: { vehicles: [vehicle("b")] } }));
    world.socket.drop(1001, "the server stops");
    expect(subscription.state).toBe("lost");
    expect(ids()).toEqual(["a", "b"]);
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    expect(world.socket.sent).toEqual([{ type: "subscribe", id: "s2", ...NORTH, resume: "c12" }]);
    const removed = {
      vehicles: [
        { id: "a", reason: "ended" },
        { id: "x", reason: "left" },
      ],
    };
    world.socket.say(delta("s2", 12, 20, { removed }));
    expect(world.states).toEqual(["live", "lost", "live"]);
    expect(world.connections).toEqual(["open", "lost", "open"]);
    expect(ids()).toEqual(["b"]);
    expect(world.changes.at(-1)?.reset).toBe(false);
  });

  it("is taken up from before an unfinished change", () => {
    const { world, subscription, ids } = live();
    world.socket.say(delta("s1", 10, 12, { updated: { vehicles: [vehicle("b")] }, ...MORE }));
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    expect(world.socket.sent[0]).toMatchObject({ resume: "c10" });
    const updated = { vehicles: [vehicle("b"), vehicle("c")] };
    world.socket.say(delta("s2", 10, 13, { updated }));
    expect(ids()).toEqual(["a", "b", "c"]);
    expect(subscription.picture.complete).toBe(true);
  });

  it("is not taken up half of the way to another selection", () => {
    const { world, subscription } = live();
    subscription.move({ ...NORTH, bbox: OTHER_BOX });
    const removed = { vehicles: [{ id: "a", reason: "left" }] };
    world.socket.say(delta("s1", 10, 10, { removed, ...MORE }));
    subscription.move(NORTH);
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    // The cursor before is one of this selection, but "a" is gone here.
    expect(world.socket.sent[0]).not.toHaveProperty("resume");
  });

  it("is not taken up in another region", () => {
    const { world, subscription, ids } = live();
    world.socket.drop();
    subscription.move({ ...NORTH, region: "south" });
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    expect(world.socket.sent[0]).not.toHaveProperty("resume");
    world.socket.say(snapshot("s2", 1, [vehicle("b")], { region: "south" }));
    expect(ids()).toEqual(["b"]);
  });

  it("brings a snapshot when the server cannot take it up, as the difference", () => {
    const { world, ids } = live();
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    world.socket.say(snapshot("s2", 900, [vehicle("b")], { reason: "history_over" }));
    expect(ids()).toEqual(["b"]);
    expect(world.changes.at(-1)?.removed.vehicles).toEqual([{ id: "a", reason: "replaced" }]);
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    world.socket.say(snapshot("s3", 5, [vehicle("c")], { epoch: "e2", reason: "other_log" }));
    expect(world.changes.at(-1)?.reset).toBe(true);
    expect(ids()).toEqual(["c"]);
  });

  it("is noticed when it does not open, or falls silent though asked", () => {
    const world = new World();
    const client = world.client();
    const subscription = client.subscribe(NORTH, world.listener);
    world.pass(OPEN_LIMIT_MS);
    expect(world.sockets[0]?.closed).toBe(true);
    expect(client.lastLoss).toContain("no answer within 10 s");
    world.pass(LONGEST_WAIT_MS);
    world.socket.open();
    world.socket.say(snapshot(world.subscription, 1));
    const { socket } = world;
    world.pass(PROBE_AFTER_MS);
    expect(socket.sent).toHaveLength(2);
    expect(socket.sent[1]).toEqual(socket.sent[0]);
    // A quiet selection is answered with an empty delta, and lives.
    socket.say(delta(world.subscription, 1, 1));
    world.pass(PROBE_AFTER_MS);
    expect(socket.closed).toBe(false);
    world.pass(SILENCE_LIMIT_MS - PROBE_AFTER_MS);
    expect(socket.closed).toBe(true);
    expect(subscription.state).toBe("lost");
    expect(client.lastLoss).toContain("said nothing for 40 s");
  });

  it("is kept while a large message is on its way on a slow line", () => {
    const { world } = live();
    world.pass(39_999);
    world.socket.say(delta(world.subscription, 10, 11));
    world.pass(39_999);
    expect([world.sockets.length, world.socket.closed]).toEqual([1, false]);
    world.pass(1);
    expect(world.sockets[0]?.closed).toBe(true);
  });

  it("is noticed when it is refused, which some runtimes tell as an error alone", () => {
    const world = new World();
    const client = world.client();
    client.subscribe(NORTH, world.listener);
    const { socket } = world;
    socket.fail();
    expect([client.state, client.lastLoss]).toEqual(["lost", "the connection failed"]);
    // Others tell it twice.
    socket.drop();
    world.pass(FIRST_WAIT_MS);
    expect(world.sockets).toHaveLength(2);
  });

  it("is given up when the server takes nothing", () => {
    const { world, client, subscription } = live();
    world.socket.bufferedAmount = 5_000_000;
    subscription.move({ ...NORTH, bbox: OTHER_BOX });
    expect(client.lastLoss).toBe("the server takes nothing");
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    expect(world.socket.sent).toMatchObject([{ bbox: OTHER_BOX, resume: "c10" }]);
  });

  it("gives a server that reads its log more time to take up", () => {
    const { world } = live();
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    const { socket } = world;
    world.pass(RESUME_LIMIT_MS - 1);
    expect(socket.closed).toBe(false);
    world.pass(1);
    expect(socket.closed).toBe(true);
  });

  it("ends everything after so many tries, if wished", async () => {
    const world = new World();
    const client = world.client({ triesMax: 2 });
    const subscription = client.subscribe(NORTH);
    const complete = subscription.complete();
    const next = subscription[Symbol.asyncIterator]().next();
    world.socket.drop(1006);
    world.pass(FIRST_WAIT_MS);
    world.socket.drop(1006);
    await expect(complete).rejects.toThrow(ConnectionLostError);
    await expect(next).rejects.toThrow("no connection after 2 tries: closed with code 1006");
    expect(client.state).toBe("closed");
    world.pass(LONGEST_WAIT_MS);
    expect(world.sockets).toHaveLength(2);
  });
});

describe("a refusal", () => {
  it("of the first selection ends the subscription, until it moves", async () => {
    const world = new World();
    const subscription = world.client().subscribe(NORTH, world.listener);
    const complete = subscription.complete();
    const next = subscription[Symbol.asyncIterator]().next();
    world.socket.open();
    world.socket.say(refusal("s1"));
    expect(subscription.state).toBe("refused");
    await expect(complete).rejects.toThrow(TooLargeError);
    await expect(next).rejects.toThrow("take a smaller area");
    subscription.move({ ...NORTH, bbox: OTHER_BOX });
    expect(world.socket.sent.at(-1)).toMatchObject({ id: "s2", bbox: OTHER_BOX });
    world.socket.say(snapshot("s2", 1, [vehicle("b")]));
    expect(subscription.state).toBe("live");
    const { value } = await subscription[Symbol.asyncIterator]().next();
    expect(value).toMatchObject({ kind: "added", id: "b" });
  });

  it("of a move goes on with the selection before, and is told", async () => {
    const { world, subscription } = live();
    const changes = subscription[Symbol.asyncIterator]();
    await changes.next();
    const next = changes.next();
    subscription.move({ ...NORTH, layers: ["links"] });
    world.socket.say(refusal("s1"));
    await expect(next).rejects.toThrow("Refused: too many (status 413)");
    expect(world.problems).toEqual(["Refused"]);
    expect(subscription.selection).toEqual(NORTH);
    world.pass(FIRST_WAIT_MS);
    expect(world.socket.sent.at(-1)).toEqual({ type: "subscribe", id: "s2", ...NORTH });
    const after = changes.next();
    world.socket.say(snapshot("s2", 11, [vehicle("b")]));
    expect((await after).value).toMatchObject({ kind: "added", id: "b" });
  });

  it("answered by a move from within is not in its way", () => {
    const world = new World();
    const smaller = { ...NORTH, bbox: OTHER_BOX };
    const problem = () => subscription.move(smaller);
    const subscription = world.client().subscribe(NORTH, { problem });
    world.socket.open();
    world.socket.say(refusal("s1"));
    world.socket.say(snapshot("s2", 1, []));
    subscription.move(NORTH);
    world.socket.say(refusal("s2"));
    expect(world.socket.sent.at(-1)).toEqual({ type: "subscribe", id: "s3", ...smaller });
    world.pass(LONGEST_WAIT_MS / 2);
    expect(world.subscription).toBe("s3");
  });

  it("of what was served before is asked again for a while", () => {
    const { world, subscription } = live();
    world.socket.drop();
    for (let tries = 0; subscription.state !== "refused" && tries < 20; tries += 1) {
      world.pass(LONGEST_WAIT_MS);
      if (world.socket.sent.length === 0) world.socket.open();
      world.socket.say(refusal(world.subscription, 404));
    }
    expect(world.problems.length).toBe(9);
    expect(subscription.state).toBe("refused");
  });

  it("of what was not understood is for whoever waits, and what is no message for nobody", () => {
    const problems: string[] = [];
    const world = new World();
    const client = world.client({ problem: ({ title }) => problems.push(title) });
    const subscription = client.subscribe(NORTH);
    world.socket.open();
    for (const frame of ["", "{", "[]", "null", '{"type":"delta"}', '{"type":"new"}']) {
      world.socket.say(frame);
    }
    expect(subscription.state).toBe("connecting");
    world.socket.say(refusal(undefined, 400));
    expect(problems).toEqual(["Refused"]);
    expect(subscription.state).toBe("refused");
  });
});

describe("iteration", () => {
  it("begins with what is there, and gives a slow reader the newest of each object", async () => {
    const { world, subscription } = live();
    const changes = subscription[Symbol.asyncIterator]();
    const next = async () => (await changes.next()).value;
    expect(await next()).toMatchObject({ kind: "added", id: "a" });
    const moved = (longitude: number) => ({ vehicles: [vehicle("a", longitude), vehicle("b")] });
    world.socket.say(delta("s1", 10, 11, { updated: moved(25.1) }));
    world.socket.say(delta("s1", 11, 12, { updated: moved(25.2) }));
    const removed = { vehicles: [{ id: "b", reason: "left" }] };
    world.socket.say(delta("s1", 12, 13, { removed }));
    expect(await next()).toEqual({
      kind: "updated",
      layer: "vehicles",
      id: "a",
      before: vehicle("a"),
      object: vehicle("a", 25.2),
    });
    // "b" came and went unread.
    const later = next();
    world.socket.say(
      delta("s1", 13, 14, { removed: { vehicles: [{ id: "a", reason: "ended" }] } }),
    );
    expect(await later).toMatchObject({ kind: "removed", id: "a", reason: "ended" });
    subscription.close();
    expect(await changes.next()).toEqual({ done: true, value: undefined });
    expect(world.socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: "s1" });
  });

  it("ends with the client, which is closed for good", async () => {
    const { client, subscription, world } = live();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { id } of subscription) seen.push(id);
    })();
    client.close();
    await reading;
    expect(seen).toEqual(["a"]);
    expect(world.socket.closed).toBe(true);
    world.pass(LONGEST_WAIT_MS);
    expect(world.sockets).toHaveLength(1);
    expect(() => client.subscribe(NORTH)).toThrow(UsageError);
    expect(() => subscription.move(NORTH)).toThrow(UsageError);
  });

  it("has a short form for the picture as it is now", async () => {
    const world = new World();
    const client = world.client();
    const asked = client.snapshot(NORTH);
    world.socket.open();
    world.socket.say(snapshot("s1", 3, [vehicle("a")], MORE));
    world.socket.say(delta("s1", 3, 4, { updated: { vehicles: [vehicle("b")] } }));
    const picture = await asked;
    expect([picture.sequence, picture.size]).toEqual([4, 2]);
    expect(world.socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: "s1" });
  });
});

describe("the address", () => {
  it("is that of Tilanne, wherever it is served", () => {
    expect(streamAddress("http://a:8080")).toBe("ws://a:8080/v1/stream");
    expect(streamAddress("https://a/x?y#z")).toBe("wss://a/x/v1/stream");
    expect(streamAddress("ws://a/v1/stream")).toBe("ws://a/v1/stream");
    expect(() => streamAddress("ftp://a")).toThrow(UsageError);
    expect(() => new Client("ftp://a")).toThrow("begins with http or https");
  });
});

describe("the wait before a next try", () => {
  it("doubles up to a bound, and never is the same for all", () => {
    expect(waitBeforeTryMs(0, 0)).toBe(250);
    expect(waitBeforeTryMs(2, 0)).toBe(1_000);
    expect(waitBeforeTryMs(1_000, 0.999_999)).toBeLessThanOrEqual(LONGEST_WAIT_MS);
  });
});
