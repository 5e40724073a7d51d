/** Whatever breaks, the page says so, and the picture is right again without a reload. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { TIME_ZONE, launch } from "./harness/browser";
import { anHourFast, anHourSlow, tamperWithClocks } from "./harness/clocks";
import { Dashboard, eventually } from "./harness/dashboard";
import { Fleet } from "./harness/fleet";
import { LONGEST_STILL_MS, honestyOf, observeHonesty } from "./harness/honesty";
import { asleep } from "./harness/sleep";
import { NORTH, Stage } from "./harness/stage";

const VEHICLES = 40;
const HOUR_MS = 3_600_000;
/** A page that has slept knows it after this. */
const WAKING_MS = 2_500;

let browser: Chromium;
let stage: Stage;
let fleet: Fleet;
let dashboard: Dashboard;

beforeAll(async () => {
  fleet = new Fleet(VEHICLES, NORTH);
  const published = { region: "north", feed: "buses", path: "/positions", fleet } as const;
  stage = await Stage.publishing([published]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

afterEach(() => stage.proxy.heal());

/** @param wrong makes the clock of the browser wrong */
async function open(wrong: () => void = () => undefined): Promise<void> {
  dashboard = await Dashboard.open(browser, stage.url, {
    reducedMotion: "reduce",
    before: [observeHonesty, tamperWithClocks, wrong],
  });
  await pictureIsRight();
}

/** Has all vehicles stand at a new place, and waits until feed, server and page agree on it. */
async function pictureIsRight(): Promise<void> {
  fleet.moveOn();
  await eventually(async () => {
    const served = await stage.server.vehicles("north");
    const published = fleet.vehicles();
    expect(served).toHaveLength(published.length);
    const drawn = await dashboard.drawn(served.map(({ id }) => id));
    for (const { id, report } of served) {
      const vehicle = published.find((one) => id.endsWith(`:${one.id}`));
      const place = drawn.get(id);
      // GTFS-Realtime has 32 bits for a degree.
      expect(report.position?.latitude_deg).toBeCloseTo(vehicle?.latitude_deg ?? 0, 4);
      expect(place?.latitude_deg).toBeCloseTo(report.position?.latitude_deg ?? 0, 6);
      expect(place?.longitude_deg).toBeCloseTo(report.position?.longitude_deg ?? 0, 6);
    }
    expect((await dashboard.state()).vehicles).toBe(served.length);
    expect(await dashboard.connection()).toBe("live");
    expect(await dashboard.isStale()).toBe(false);
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Hours and minutes where the visitor is. */
function clock(timeMs: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "short", timeZone: TIME_ZONE }).format(
    timeMs,
  );
}

/** It never called old what is new, nor live what is old. */
async function wasHonest(): Promise<void> {
  const { liveButStillMs, contradictions, looks } = await honestyOf(dashboard.page);
  expect(looks).toBeGreaterThan(0);
  expect(contradictions).toBe(0);
  expect(liveButStillMs).toBeLessThan(LONGEST_STILL_MS);
}

describe("the network", () => {
  it("is cut and comes back", async () => {
    await open();
    stage.proxy.cut();
    await dashboard.says("lost");
    expect(await dashboard.isStale()).toBe(true);
    fleet.moveOn();
    stage.proxy.heal();
    await pictureIsRight();
    await wasHonest();
  });

  it("passes nothing for a moment", async () => {
    await open();
    stage.proxy.hold();
    await dashboard.says("silent");
    expect(await dashboard.isStale()).toBe(true);
    stage.proxy.heal();
    await pictureIsRight();
    await wasHonest();
  });

  it("passes nothing until the page gives the connection up", async () => {
    await open();
    stage.proxy.hold();
    await dashboard.says("silent");
    await dashboard.says("lost");
    expect(await dashboard.isStale()).toBe(true);
    stage.proxy.heal();
    await pictureIsRight();
    await wasHonest();
  });
});

describe("who does not see the page", () => {
  it("hears once on any view that nothing comes, and that it comes again", async () => {
    await open();
    await dashboard.show("feeds");
    const announced = dashboard.page.getByTestId("announced").locator("p");
    const heard = async (text: string): Promise<number> =>
      (await announced.allTextContents()).filter((one) => one.includes(text)).length;
    stage.proxy.hold();
    await dashboard.says("silent");
    // Time goes on, and with it the age of the picture.
    await pause(2_500);
    expect(await heard("The server says nothing")).toBe(1);
    stage.proxy.heal();
    await dashboard.says("live");
    await eventually(async () => expect(await heard("Connected")).toBe(1));
  });
});

describe("the server", () => {
  it("is killed and starts again", async () => {
    await open();
    await stage.server.kill();
    await dashboard.says("lost");
    expect(await dashboard.isStale()).toBe(true);
    await stage.server.run();
    await pictureIsRight();
    await wasHonest();
  });

  it("has lost its past, and begins another one", async () => {
    await open();
    await stage.restartEmpty();
    await pictureIsRight();
    await wasHonest();
  });
});

describe("the browser's clock", () => {
  it.each([
    ["an hour fast", anHourFast],
    ["an hour slow", anHourSlow],
  ])("is %s", async (_, wrong) => {
    await open(wrong);
    await eventually(async () => expect(await dashboard.feedState("buses")).toBe("live"));
    const row = dashboard.page.locator("[data-testid=feed][data-feed=buses]");
    expect(await row.getByTestId("watermark-age").textContent()).toMatch(/^\d+ s\b/);
    stage.proxy.cut();
    await dashboard.says("lost");
    // It names the time of the picture, which is the server's; the minute may just have changed.
    const notice = (await dashboard.page.getByTestId("notice").textContent()) ?? "";
    const minutes = [clock(Date.now()), clock(Date.now() - 60_000)];
    expect(minutes.some((minute) => notice.includes(minute))).toBe(true);
  });
});

describe("the computer", () => {
  it.each([
    { network: "is cut", timer: "stands still" },
    { network: "forgets the connection", timer: "stands still" },
    { network: "forgets the connection", timer: "runs on" },
  ])("sleeps for an hour while the network $network and the timer $timer", async (night) => {
    await open();
    await dashboard.page.evaluate(
      ([nextSleepMs, sleepingTimerRuns]) =>
        Object.assign(window.clocks ?? {}, { nextSleepMs, sleepingTimerRuns }),
      [HOUR_MS, night.timer === "runs on"] as const,
    );
    const before = await dashboard.state();
    await asleep(browser, async () => {
      if (night.network === "is cut") stage.proxy.cut();
      else stage.proxy.strand();
      fleet.moveOn();
      await pause(3_000);
      stage.proxy.heal();
    });
    await pause(WAKING_MS);
    const { sequence } = await dashboard.state();
    if (sequence === before.sequence) expect(await dashboard.isStale()).toBe(true);
    await pictureIsRight();
    await wasHonest();
  });
});
