import type { Box, Feed, Situation } from "tilanne-client";
import { Picture, parseServerMessage } from "tilanne-client";
import { describe, expect, it } from "vitest";
import { readAddress, writeAddress } from "../src/address";
import { FeedLabels } from "../src/feed_labels";
import { inView } from "../src/in_view";
import { currentLevel, worstLevel, CURRENT_FOR_MS } from "../src/map/detectors";
import { nextBox } from "../src/map/coverage";
import { isCurrent } from "../src/map/situations";
import { feedState, STATUS_SILENCE_MS } from "../src/stream/feed_state";
import { citiesOf } from "../src/settings";
import { pageState } from "../src/shell/header";
import { SILENT_AFTER_MS } from "../src/stream/region_state";
import { Cadence, SHORTEST_SILENCE_MS, UNKNOWN_BEAT_SILENCE_MS } from "../src/stream/cadence";
import { snapshot, vehicle } from "./scripted";

function feed(more: Partial<Feed> = {}): Feed {
  const counts = { received: 9, applied: 9, superseded: 0, duplicate: 0, rejected: 0 };
  return {
    ...counts,
    id: "hfp",
    quarantined: 0,
    dropped: 0,
    watermark_ms: 0,
    status_time_ms: 100_000,
    connection: "live",
    last_received_ms: 100_000,
    ...more,
  };
}

describe("a feed's state", () => {
  it("turns stale within seconds of its own beat", () => {
    const cadence = new Cadence();
    for (let ms = 90_000; ms <= 100_000; ms += 1_000) cadence.observe("hfp", ms);
    expect(cadence.limitMs("hfp")).toBe(SHORTEST_SILENCE_MS);
    const at = (now: number): string =>
      feedState(feed({ status_time_ms: now }), now, cadence, true);
    expect(at(100_000 + SHORTEST_SILENCE_MS)).toBe("live");
    expect(at(100_001 + SHORTEST_SILENCE_MS)).toBe("stale");
  });

  it("waits for the beat of a slow feed, and says nothing of an unknown one too soon", () => {
    const cadence = new Cadence();
    cadence.observe("tms", 0);
    expect(cadence.limitMs("tms")).toBe(UNKNOWN_BEAT_SILENCE_MS);
    cadence.observe("tms", 60_000);
    cadence.observe("tms", 60_000);
    expect(cadence.limitMs("tms")).toBe(180_000);
    cadence.resume(); // we were elsewhere for an hour
    cadence.observe("tms", 3_660_000);
    expect(cadence.limitMs("tms")).toBe(180_000);
  });

  it("is stale without statuses, unknown when we are cut off, else as the server says", () => {
    const cadence = new Cadence();
    const now = 100_001 + STATUS_SILENCE_MS;
    expect(feedState(feed({ connection: "down" }), now, cadence, true)).toBe("stale");
    expect(feedState(feed({ connection: "down" }), 100_000, cadence, true)).toBe("down");
    expect(feedState(feed({ connection: "ended" }), now, cadence, true)).toBe("ended");
    expect(feedState(feed({ connection: "asleep" }), 100_000, cadence, true)).toBe("unknown");
    expect(feedState(feed(), 100_000, cadence, false)).toBe("unknown");
  });
});

describe("the names of feeds", () => {
  it("are asked for once a feed is new, at a bounded rate", async () => {
    let asked = 0;
    let nowMs = 0;
    const load = (): Promise<unknown> => {
      asked += 1;
      const attribution = "City, CC BY 4.0";
      return Promise.resolve({ feeds: [{ id: "a", title: "A", attribution }, { id: 7 }] });
    };
    const labels = new FeedLabels(load, () => nowMs);
    await labels.want(["a", "b"]);
    await labels.want(["a", "b"]);
    expect(asked).toBe(1);
    expect(labels.get("a")?.title).toBe("A");
    expect(labels.attributions(["a", "a", "b"])).toEqual(["City, CC BY 4.0"]);
    nowMs = 60_000;
    await labels.want(["a"]);
    expect(asked).toBe(1);
    await labels.want(["b"]);
    expect(asked).toBe(2);
  });
});

describe("the page's state", () => {
  it("is silent when an open connection says nothing", () => {
    expect(pageState("live", SILENT_AFTER_MS)).toBe("live");
    expect(pageState("live", SILENT_AFTER_MS + 1)).toBe("silent");
    expect(pageState("lost", 0)).toBe("lost");
  });
});

describe("levels of service", () => {
  const now = 10_000_000;
  const direction = (number: number, level: string, timeMs = now): object => ({
    direction: number,
    speed_share_percent: { value: 50, time_ms: timeMs },
    level_of_service: level,
  });

  it("are unspecified without a current value", () => {
    const old = now - CURRENT_FOR_MS - 1;
    expect(currentLevel(undefined, now)).toBe("unspecified");
    expect(currentLevel(direction(1, "slow", old) as never, now)).toBe("unspecified");
    expect(currentLevel(direction(1, "slow") as never, now)).toBe("slow");
  });

  it("are as bad as the worst measured direction", () => {
    const detector = { directions: [direction(1, "fluent"), direction(2, "queuing")] };
    expect(worstLevel(detector as never, now)).toBe("queuing");
    expect(worstLevel({ directions: [] } as never, now)).toBe("unspecified");
  });
});

describe("traffic messages", () => {
  const situation = (record: Situation["record"]): Situation => ({
    id: "s",
    feed: "f",
    event_time_ms: 0,
    received_time_ms: 0,
    record,
  });

  it("vanish when they end, are withdrawn or called off", () => {
    expect(isCurrent(situation({ phase: "active" }), 5)).toBe(true);
    expect(isCurrent(situation({ phase: "active", end_time_ms: 5 }), 5)).toBe(false);
    for (const phase of ["ended", "retracted", "cancelled"]) {
      expect(isCurrent(situation({ phase }), 5)).toBe(false);
    }
  });
});

describe("the view", () => {
  const view: Box = [24, 60, 25, 61];

  it("is asked for with a margin, and anew only when that does not serve", () => {
    const box = nextBox(undefined, view);
    expect(box).toEqual([23.7, 59.7, 25.3, 61.3]);
    expect(nextBox(box, [24.1, 60.1, 25.1, 61.1])).toBeUndefined();
    expect(nextBox(box, [24.9, 60, 25.9, 61])).toBeDefined();
    expect(nextBox(box, [24.4, 60.4, 24.5, 60.5])).toBeDefined();
  });

  it("counts what is in it, and messages without a place in every view", () => {
    const picture = new Picture();
    const message = parseServerMessage(
      JSON.stringify(snapshot("m", 1, [vehicle("in", 24.5, 60.5), vehicle("out", 30, 60)])),
    );
    if (message?.type !== "snapshot") throw new Error("not a snapshot");
    message.objects.situations = [
      { id: "s", feed: "f", event_time_ms: 0, received_time_ms: 0, record: { phase: "active" } },
    ];
    picture.restore(message);
    const objects = inView(picture, view, 0);
    expect(objects.vehicles.map(({ id }) => id)).toEqual(["in"]);
    expect(objects.situations).toHaveLength(1);
  });

  it("is kept in the address", () => {
    const address = {
      view: "map",
      city: "oulu",
      zoom: 12.345,
      centre: [65.01234, 25.46789],
      layers: ["vehicles", "links"],
      streets: "level",
      vehicles: "mode",
      selection: { layer: "vehicles", id: "hsl:22/1234 & more" },
      atMs: Date.UTC(2026, 10, 26, 7, 30),
      board: "map:wide,wrong:third",
    } as const;
    const hash = writeAddress(address);
    expect(hash).toBe(
      "#view=map&city=oulu&z=12.35&c=65.0123,25.4679&layers=vehicles,links&streets=level&" +
        "vehicles=mode&select=vehicles:hsl:22%2F1234%20%26%20more&at=2026-11-26T07:30:00.000Z&" +
        "board=map:wide,wrong:third",
    );
    const read = { ...address, zoom: 12.35, centre: [65.0123, 25.4679] };
    expect(readAddress(hash)).toEqual(read);
    const nothing = readAddress("");
    expect(Object.values(nothing).every((value) => value === undefined)).toBe(true);
    expect(readAddress("#z=ninety&c=200,400&select=nowhere:x&at=noon")).toEqual(nothing);
  });
});

describe("what the server says at the start", () => {
  it("is read carefully", () => {
    const regions = [
      { id: "r", cities: [{ id: "c", name: "C", bbox: [1, 2, 3, 4] }, { id: "bad" }] },
      { id: "whole", name: "Whole", bbox: [1, 2, 3, 4] },
      { name: "no id" },
    ];
    expect(citiesOf({ regions }).map(({ id, region }) => [id, region])).toEqual([
      ["c", "r"],
      ["whole", "whole"],
    ]);
    expect(citiesOf(null)).toEqual([]);
  });
});
