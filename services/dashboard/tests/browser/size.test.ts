/** What the first visit costs, over a slow network and a slow machine. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DESKTOP, launch } from "./harness/browser";
import { report } from "./harness/figures";
import { Fleet } from "./harness/fleet";
import { PATIENCE_MS } from "./harness/server";
import { NORTH, Stage } from "./harness/stage";

const VEHICLES = 200;
/** As transferred: compressed, with the answers that the page asks for before it can be used. */
const FIRST_PAGE_BYTES_MAX = 600_000;
/** Comes while the page can be used already. */
const LATER_BYTES_MAX = 300_000;
const INTERACTIVE_MS_MAX = 2_000;

let browser: Chromium;
let stage: Stage;

beforeAll(async () => {
  const fleet = new Fleet(VEHICLES, NORTH);
  stage = await Stage.publishing([{ region: "north", feed: "buses", path: "/positions", fleet }]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

it("is small, and soon of use", async () => {
  const context = await browser.newContext({ viewport: DESKTOP });
  const page = await context.newPage();
  // A button of the header is there, and the thread is free to answer it.
  const began = performance.now();
  await page.goto(stage.url, { waitUntil: "commit" });
  await page.getByTestId("city").first().click({ timeout: PATIENCE_MS });
  const interactiveMs = performance.now() - began;
  await page.waitForSelector("[data-testid=connection][data-state=live]");
  // The map comes after the page, and the canvas of the vehicles after the map.
  await page.waitForFunction(() => document.querySelectorAll("#map canvas").length > 1);
  await page.waitForLoadState("networkidle");
  const loaded = await page.evaluate(() =>
    performance
      .getEntries()
      .filter((entry) => entry instanceof PerformanceResourceTiming)
      .map(({ name, encodedBodySize }) => ({ name, encodedBodySize })),
  );
  await context.close();

  expect(loaded.some(({ name }) => name.includes("worker"))).toBe(true);
  // What the page names itself, the map's worker, and the answers it asks for: with these it can be used.
  const html = await (await fetch(stage.url)).text();
  const isFirst = ({ name }: { name: string }): boolean =>
    html.includes(new URL(name).pathname.slice(1)) || /maplibre|\/v1\//.test(name);
  const sum = (entries: typeof loaded): number =>
    entries.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  const bytes = sum(loaded.filter(isFirst));
  const later = sum(loaded.filter((entry) => !isFirst(entry)));
  const name = "what draws the vehicles, after it";
  report({ name, figure: later, unit: "bytes", target: LATER_BYTES_MAX });
  const figure = interactiveMs;
  report({ name: "page can be used", figure, unit: "ms", target: INTERACTIVE_MS_MAX });
  report({ name: "first page", figure: bytes, unit: "bytes", target: FIRST_PAGE_BYTES_MAX });
  // Bytes do not depend on the machine.
  expect(bytes, JSON.stringify(loaded, null, 2)).toBeLessThan(FIRST_PAGE_BYTES_MAX);
});
