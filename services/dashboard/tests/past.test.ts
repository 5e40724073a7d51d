import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AnswerError } from "../src/stream/source";
import { ASK_EVERY_MS, Past, SEEK_FORTH_MS } from "../src/time/past";
import { HOUR_MS, NOON, STATUS } from "./replay_status";

/** A server with replays that do what they are told. */
class ScriptedServer {
  readonly url = "http://tilanne.example/";
  readonly replays = new Map<string, typeof STATUS>();
  readonly said: string[] = [];
  refusal: AnswerError | undefined;
  /** What answers wait for. */
  held: Promise<void> | undefined;
  private started = 0;

  async get(path: string): Promise<unknown> {
    await this.held;
    return this.find(path);
  }

  async send(
    method: "POST" | "PATCH" | "DELETE",
    path: string,
    body: object = {},
  ): Promise<unknown> {
    this.said.push(`${method} ${path.replace("v1/replays", "")} ${JSON.stringify(body)}`.trim());
    await this.held;
    if (this.refusal !== undefined) throw this.refusal;
    if (method === "POST") {
      const { from, ...wanted } = body as Pick<typeof STATUS, "regions" | "speed"> & {
        from: string;
        paused: boolean;
      };
      this.started += 1;
      const id = String(this.started);
      const begins = Date.parse(from);
      const state = wanted.paused ? "paused" : "playing";
      const made = { ...STATUS, ...wanted, id, state, address: `/replays/${id}/` };
      this.replays.set(id, { ...made, from_ms: begins, time_ms: begins });
      return this.replays.get(id);
    }
    const replay = this.find(path);
    if (method === "DELETE") this.replays.delete(replay.id);
    const { seek, paused, speed } = body as { seek?: string; paused?: boolean; speed?: number };
    if (speed !== undefined) replay.speed = speed;
    if (seek !== undefined) replay.time_ms = Date.parse(seek);
    if (paused !== undefined) replay.state = paused ? "paused" : "playing";
    return replay;
  }

  private find(path: string): typeof STATUS {
    const replay = this.replays.get(path.split("/").at(-1) ?? "");
    if (replay === undefined) throw new AnswerError("there is no replay", 404);
    return replay;
  }
}

describe("the past", () => {
  let server: ScriptedServer;
  let followed: (string | undefined)[];
  let past: Past;
  const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

  beforeEach(() => {
    vi.useFakeTimers();
    server = new ScriptedServer();
    followed = [];
    past = new Past(server, { follow: (url) => followed.push(url), told: () => undefined });
  });

  afterEach(() => {
    past.end();
    vi.useRealTimers();
  });

  it("starts a replay that stands, moves it, and ends it", async () => {
    past.goTo("oulu", NOON);
    expect(past.momentMs).toBe(NOON);
    await settle();
    expect(followed).toEqual(["http://tilanne.example/replays/1/"]);
    expect(past.replay?.state).toBe("paused");
    past.goTo("oulu", NOON + 60_000);
    await settle();
    past.play();
    await settle();
    expect(past.replay).toMatchObject({ timeMs: NOON + 60_000, state: "playing" });
    past.end();
    await settle();
    expect(followed.at(-1)).toBeUndefined();
    expect(past.momentMs).toBeUndefined();
    expect(server.replays.size).toBe(0);
    expect(server.said.map((said) => said.split(" ").slice(0, 2).join(" "))).toEqual(
      ["POST", "PATCH /1", "PATCH /1", "DELETE /1"].map((said) => expect.stringContaining(said)),
    );
  });

  it("starts another one for what the first does not reach, and ends the first", async () => {
    past.goTo("oulu", NOON);
    await settle();
    for (const [region, atMs] of [
      ["oulu", NOON - 60_000],
      ["oulu", NOON + SEEK_FORTH_MS],
      ["turku", NOON + SEEK_FORTH_MS],
    ] as const) {
      past.goTo(region, atMs);
      await settle();
      expect(past.replay).toMatchObject({ regions: [region], timeMs: atMs });
    }
    expect([...server.replays.keys()]).toEqual([past.replay?.id]);
  });

  it("goes to the last of many moments that are asked for at once", async () => {
    for (let n = 0; n < 50; n += 1) past.goTo("oulu", NOON + n * 1_000);
    await settle();
    expect(past.replay?.timeMs).toBe(NOON + 49_000);
    expect(server.said.length).toBeLessThan(4);
  });

  it("keeps no replay when the reader goes back to the present meanwhile", async () => {
    past.goTo("oulu", NOON);
    past.end();
    await settle();
    expect(followed).toEqual([]);
    expect(server.replays.size).toBe(0);
  });

  it("starts a replay that the server has ended again, once", async () => {
    past.goTo("oulu", NOON);
    await settle();
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect(past.replay?.id).toBe("2");
    expect(past.trouble).toBeUndefined();
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect(past.trouble?.what).toBe("gone");
    // Back in the present: of that there is a picture.
    expect([past.momentMs, followed.at(-1)]).toEqual([undefined, undefined]);
    const asked = server.said.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(server.said.length).toBe(asked);
    past.goTo("oulu", NOON);
    await settle();
    expect(past.replay?.id).toBe("3");
    expect(past.trouble).toBeUndefined();
  });

  it("goes back to the present when somebody else's replay is gone", async () => {
    server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
    await past.adopt("9");
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect([past.trouble?.what, past.momentMs]).toEqual(["gone", undefined]);
    expect(followed).toEqual(["http://tilanne.example/replays/9/", undefined]);
  });

  it("stays at the replay that serves the page, for there is nothing else to show", async () => {
    server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
    await past.adopt("9", true);
    server.replays.clear();
    await vi.advanceTimersByTimeAsync(ASK_EVERY_MS);
    expect([past.trouble?.what, past.momentMs]).toEqual(["gone", NOON]);
    expect(followed).toEqual([]);
  });

  it("says why it cannot be", async () => {
    for (const [status, what] of [
      [503, "too_many"],
      [404, "nothing"],
      [400, "refused"],
      [0, "unreachable"],
    ] as const) {
      server.refusal = new AnswerError("no", status);
      past.goTo("oulu", NOON);
      await settle();
      expect(past.trouble?.what).toBe(what);
      expect(past.momentMs).toBeUndefined();
    }
    expect(followed).toEqual([]);
  });

  it("plays as fast as the server takes it", async () => {
    past.setSpeed(10);
    past.goTo("oulu", NOON);
    await settle();
    expect(past.replay?.speed).toBe(10);
    past.setSpeed(60);
    await settle();
    expect([past.speed, past.replay?.speed]).toEqual([60, 60]);
    server.refusal = new AnswerError("too fast", 400);
    past.setSpeed(30);
    await settle();
    expect([past.speed, past.trouble?.what]).toEqual([60, "refused"]);
    server.refusal = undefined;
    past.setSpeed(30);
    await settle();
    expect([past.speed, past.trouble]).toEqual([30, undefined]);
  });

  it("keeps to the last wish whatever of the earlier ones is still on its way", async () => {
    server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
    const minute = 60_000;
    const wishes: Record<string, () => void> = {
      now: () => past.end(),
      noon: () => past.goTo("oulu", NOON),
      later: () => past.goTo("oulu", NOON + 2 * minute),
      elsewhere: () => past.goTo("turku", NOON + minute),
      adopted: () => void past.adopt("9"),
    };
    const outcome = (): unknown => [past.momentMs, past.replay?.regions];
    const outcomes: Record<string, unknown> = {
      now: [undefined, undefined],
      noon: [NOON, ["oulu"]],
      later: [NOON + 2 * minute, ["oulu"]],
      elsewhere: [NOON + minute, ["turku"]],
      adopted: [NOON, ["oulu"]],
    };
    const names = Object.keys(wishes);
    for (const first of names) {
      for (const second of names) {
        let release: () => void = () => undefined;
        server.held = new Promise((done) => (release = done));
        wishes[first]?.();
        await settle();
        wishes[second]?.();
        release();
        server.held = undefined;
        await settle();
        expect(outcome(), `${first}, ${second}`).toEqual(outcomes[second]);
        expect(past.trouble, `${first}, ${second}`).toBeUndefined();
        // What nobody looks at any more does not stay on the server.
        const own = [...server.replays.keys()].filter((id) => id !== "9");
        const shown = past.replay?.id === "9" ? undefined : past.replay?.id;
        expect(own, `${first}, ${second}`).toEqual(shown === undefined ? [] : [shown]);
        past.end();
        await settle();
        server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
      }
    }
  });

  it("takes a replay of its own for somebody else's once the page was loaded anew", async () => {
    past.goTo("oulu", NOON);
    await settle();
    const again = new Past(server, { follow: (url) => followed.push(url), told: () => undefined });
    await again.adopt("1");
    expect([again.isForeign, again.momentMs]).toEqual([true, NOON]);
    again.end();
    await settle();
    expect([...server.replays.keys()]).toEqual(["1"]);
  });

  it("stays the owner of its replay when that is chosen from the list", async () => {
    past.goTo("oulu", NOON);
    await settle();
    await past.adopt("1");
    expect(past.isForeign).toBe(false);
    expect(followed).toEqual(["http://tilanne.example/replays/1/"]);
    past.end();
    await settle();
    expect(server.replays.size).toBe(0);
  });

  it("does not end what others have started", async () => {
    server.replays.set("9", { ...STATUS, id: "9", address: "/replays/9/" });
    await past.adopt("9");
    expect(past.isForeign).toBe(true);
    past.goTo("oulu", NOON + HOUR_MS - 1);
    await settle();
    past.end();
    await settle();
    expect([...server.replays.keys()]).toEqual(["9"]);
    expect(followed).toEqual(["http://tilanne.example/replays/9/", undefined]);
  });
});
