/** A feed dies while everything else is well: the page says so, and its vehicles turn grey. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Fleet } from "./harness/fleet";
import { colourfulness } from "./harness/pixels";
import { NORTH, Stage } from "./harness/stage";

/** A feed that speaks each second is called silent after 6 s; the rest is for a slow machine. */
const SILENT_WITHIN_MS = 15_000;
/** Positions are grey once they are a minute old. These are younger, by little. */
const AGE_S = 42;
const GREY_WITHIN_MS = 30_000;
/** Symbols are blue; grey ones, and the ground, have hardly a hue. */
const BLUE = 80;
const GREY = 40;

let browser: Chromium;
let stage: Stage;
const fleet = new Fleet(1, NORTH);

beforeAll(async () => {
  fleet.ageS = AGE_S;
  fleet.park();
  const published = { region: "north", feed: "buses", path: "/positions", fleet } as const;
  stage = await Stage.publishing([published]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it("is called silent, its vehicles grey, and both end when it is back", async () => {
  const [vehicle] = fleet.vehicles();
  const { latitude_deg, longitude_deg } = vehicle ?? { latitude_deg: 0, longitude_deg: 0 };
  const address = `#view=map&city=north&z=16&c=${latitude_deg},${longitude_deg}`;
  const dashboard = await Dashboard.open(browser, stage.url, { address });
  const { page } = dashboard;
  await eventually(async () => {
    expect(await dashboard.feedState("buses")).toBe("live");
    expect(await colourfulness(page)).toBeGreaterThan(BLUE);
  });

  await stage.feed?.stop();
  await eventually(async () => {
    expect(await dashboard.feedState("buses")).toMatch(/^(stale|idle|down)$/);
  }, SILENT_WITHIN_MS);
  // The connection to the server is another matter, and is well.
  expect(await dashboard.connection()).toBe("live");
  expect(await dashboard.isStale()).toBe(false);
  await eventually(async () => {
    expect(await colourfulness(page)).toBeLessThan(GREY);
  }, GREY_WITHIN_MS);

  await stage.feed?.start();
  fleet.ageS = 0;
  await eventually(async () => {
    expect(await dashboard.feedState("buses")).toBe("live");
    expect(await colourfulness(page)).toBeGreaterThan(BLUE);
  });
});
