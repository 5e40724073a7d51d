import { describe, expect, it } from "vitest";
import type { CloudEvent, EventSelection } from "../src/index.js";
import {
  EVENTS_PENDING_MAX,
  FIRST_WAIT_MS,
  GoneError,
  LONGEST_WAIT_MS,
  UsageError,
} from "../src/index.js";
import { World } from "./scripted.js";

const NORTH: EventSelection = { region: "north", kinds: ["vehicle_position"], time_ms: 5 };

function event(n: number): CloudEvent {
  return { id: `e1~${n}`, sequence: String(n).padStart(20, "0") } as CloudEvent;
}

function events(id: unknown, first: number, count: number): object {
  const batch = Array.from({ length: count }, (_, n) => event(first + n));
  const common = { type: "events", id, region: "north", epoch: "e1", time_ms: 1, lag_ms: 7 };
  return { ...common, cursor: `e1~${first + count}`, events: batch };
}

function opened(selection = NORTH) {
  const world = new World();
  const client = world.client();
  const stream = client.events(selection);
  world.socket.open();
  return { world, client, stream, iterator: stream[Symbol.asyncIterator]() };
}

const ids = async (iterator: AsyncIterator<CloudEvent>, count: number) => {
  const found: (string | undefined)[] = [];
  for (let n = 0; n < count; n += 1) found.push((await iterator.next()).value?.id);
  return found;
};

describe("the stream of events", () => {
  it("begins where it was asked to, and goes on from the cursor after a loss", async () => {
    const { world, stream, iterator } = opened();
    expect(world.socket.sent).toEqual([{ type: "subscribe_events", id: "s1", ...NORTH }]);
    world.socket.say(events("s1", 1, 2));
    expect(await ids(iterator, 1)).toEqual(["e1~1"]);
    expect([stream.cursor, stream.lagMs]).toEqual([undefined, 7]);
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    const { time_ms: _, ...rest } = NORTH;
    const again = { type: "subscribe_events", id: "s2", ...rest, cursor: "e1~3" };
    expect(world.socket.sent).toEqual([again]);
    world.socket.say(events("s2", 3, 1));
    expect(await ids(iterator, 2)).toEqual(["e1~2", "e1~3"]);
    // What the reader has not come back from may have to be read again.
    expect(stream.cursor).toBe("e1~3");
    const next = iterator.next();
    expect(stream.cursor).toBe("e1~4");
    world.socket.say(events("s2", 4, 0));
    world.socket.say(events("s2", 9, 1));
    expect((await next).value?.id).toBe("e1~9");
  });

  it("lets the log wait for a slow reader, and loses nothing", async () => {
    const { world, iterator } = opened();
    const half = EVENTS_PENDING_MAX / 2 + 1;
    world.socket.say(events("s1", 0, half));
    world.socket.say(events("s1", half, half));
    expect(world.socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: "s1" });
    // What was on its way comes again later.
    world.socket.say(events("s1", 2 * half, 5));
    await ids(iterator, half + 2);
    expect(world.socket.sent.at(-1)).toMatchObject({ id: "s2", cursor: `e1~${2 * half}` });
    world.socket.say(events("s2", 2 * half, 5));
    const rest = await ids(iterator, half - 2 + 5);
    expect(rest.at(-1)).toBe(`e1~${2 * half + 4}`);
  });

  it("says when events are gone, and tries again when the log is not there yet", async () => {
    const { world, stream, iterator } = opened();
    const problem = { type: "about:blank", title: "Unavailable", status: 503, detail: "soon" };
    world.socket.say({ type: "error", id: "s1", problem });
    world.pass(FIRST_WAIT_MS);
    expect(world.subscription).toBe("s2");
    const next = iterator.next();
    const gone = { ...problem, title: "Gone", status: 410 };
    world.socket.say({ type: "error", id: "s2", problem: gone });
    await expect(next).rejects.toThrow(GoneError);
    expect(stream.state).toBe("refused");
  });

  it("waits for a log that cannot be read for as long as that lasts, ever longer", async () => {
    const { world, stream, iterator } = opened();
    const { socket } = world;
    const problem = { type: "about:blank", title: "Error", status: 500, detail: "see the log" };
    world.socket.say(events("s1", 0, 0));
    // With a chance of 0 the waits are half of what they may be.
    const waits = [250, 500, 1_000, 2_000, 4_000, ...Array<number>(7).fill(LONGEST_WAIT_MS / 2)];
    for (const [tries, waitMs] of waits.entries()) {
      world.socket.say({ type: "error", id: world.subscription, problem });
      expect(stream.state).toBe("lost");
      world.pass(waitMs - 1);
      expect(world.subscription).toBe(`s${tries + 1}`);
      world.pass(1);
      expect(world.subscription).toBe(`s${tries + 2}`);
      // Where it begins is known, and then it cannot be read.
      world.socket.say(events(world.subscription, 0, 0));
      expect(stream.state).toBe("live");
    }
    world.socket.say(events(world.subscription, 0, 1));
    expect(await ids(iterator, 1)).toEqual(["e1~0"]);
    world.socket.say({ type: "error", id: world.subscription, problem });
    world.pass(FIRST_WAIT_MS / 2);
    expect(world.subscription).toBe(`s${waits.length + 2}`);
    expect(world.socket).toBe(socket);
  });

  it("takes any refusal of a cursor of the server for an end of its log", async () => {
    const { world, iterator } = opened();
    world.socket.say(events("s1", 1, 1));
    await ids(iterator, 1);
    world.socket.drop();
    world.pass(FIRST_WAIT_MS);
    world.socket.open();
    const problem = { type: "about:blank", title: "Bad", status: 400, detail: "no offset yet" };
    world.socket.say({ type: "error", id: "s2", problem });
    await expect(iterator.next()).rejects.toThrow(GoneError);
  });

  it("hands them to a listener instead", () => {
    const world = new World();
    const seen: [number, string][] = [];
    const stream = world.client().events(NORTH, {
      events: (batch, cursor) => seen.push([batch.length, cursor]),
    });
    world.socket.open();
    world.socket.say(events("s1", 1, 2));
    world.socket.say(events("s1", 5, 0));
    expect(seen).toEqual([[2, "e1~3"]]);
    expect(stream.cursor).toBe("e1~5");
    expect(() => stream[Symbol.asyncIterator]()).toThrow(UsageError);
    stream.close();
    expect(world.socket.sent.at(-1)).toEqual({ type: "unsubscribe", id: "s1" });
  });
});
