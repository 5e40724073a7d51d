/** What the search finds that is nothing of the picture, on the demo's schedule. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Stage } from "./harness/stage";

let browser: Chromium;
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.demo();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it("finds a stop by its name, and points at it on the map until something else is chosen", async () => {
  const dashboard = await Dashboard.open(browser, stage.url, { address: "#city=turku" });
  const { page } = dashboard;
  await page.getByTestId("search").fill("satama");
  const stops = dashboard.found().filter({ hasText: "Satama" });
  await eventually(async () => expect(await stops.count()).toBeGreaterThan(0));
  await stops.first().click();
  const spot = page.getByTestId("spot");
  await eventually(async () => expect(await spot.textContent()).toBe("Satama"));
  expect(await spot.isVisible()).toBe(true);
  await page.keyboard.press("Escape");
  await eventually(async () => expect(await spot.count()).toBe(0));
});
