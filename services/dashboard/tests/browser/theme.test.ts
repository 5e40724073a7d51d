/** The evening makes the page dark while somebody works in it: the colours change, and nothing else. */

import type { Browser as Chromium, Locator } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Fleet } from "./harness/fleet";
import { NORTH, Stage } from "./harness/stage";

let browser: Chromium;
let stage: Stage;
let dashboard: Dashboard;

beforeAll(async () => {
  const fleet = new Fleet(40, NORTH);
  stage = await Stage.publishing([{ region: "north", feed: "buses", path: "/buses", fleet }]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

beforeEach(async () => {
  dashboard = await Dashboard.open(browser, stage.url, { colorScheme: "light" });
});

async function becomesDark(): Promise<void> {
  await dashboard.page.emulateMedia({ colorScheme: "dark" });
  await dashboard.page.waitForSelector("html[data-theme=dark]");
}

function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((node) => node === document.activeElement);
}

it("keeps the focus, what was chosen and how far was scrolled", async () => {
  const { page } = dashboard;
  await dashboard.openTable();
  const side = page.locator("aside");
  const scrolled = (): Promise<number> => side.evaluate((node) => node.scrollTop);
  const choice = dashboard.table().getByRole("combobox");
  await choice.selectOption("detectors");
  await choice.focus();
  await side.evaluate((node) => node.scrollBy(0, 40));
  await eventually(async () => expect(await scrolled()).toBeGreaterThan(0));
  const parts = page.locator("header, aside, aside .panel-body, .time, .corner");
  const count = await parts.count();
  await parts.evaluateAll((nodes) => nodes.forEach((node) => node.setAttribute("data-kept", "")));

  await becomesDark();
  // Panels are brought to date each second.
  await page.waitForTimeout(1_500);
  expect(await choice.inputValue()).toBe("detectors");
  expect(await hasFocus(choice)).toBe(true);
  expect(await scrolled()).toBeGreaterThan(0);
  expect(await page.locator("[data-kept]").count()).toBe(count);
  expect(dashboard.complaints.errors).toEqual([]);
});

it("draws anew what has its colours from no style", async () => {
  const { page } = dashboard;
  const colours = (): Promise<string[]> =>
    page
      .locator(".key .step, .legend .drop")
      .evaluateAll((all) => all.map((one) => (one as HTMLElement).style.backgroundColor));
  await eventually(async () => expect((await colours()).length).toBeGreaterThan(5));
  const light = await colours();
  await becomesDark();
  await eventually(async () => {
    const dark = await colours();
    expect(dark).toHaveLength(light.length);
    expect(dark).not.toEqual(light);
  });
});

it("keeps a form that is filled in by half, and a board that is being arranged", async () => {
  const { page } = dashboard;
  await dashboard.show("replays");
  const form = page.locator(".what-if-form");
  await form.locator("summary").click();
  const length = form.getByRole("combobox");
  await length.selectOption("120");
  await becomesDark();
  expect(await length.isVisible()).toBe(true);
  expect(await length.inputValue()).toBe("120");

  await dashboard.show("board");
  const arrange = page.getByTestId("arrange");
  await arrange.click();
  await page.emulateMedia({ colorScheme: "light" });
  await page.waitForSelector("html[data-theme=light]");
  expect(await arrange.getAttribute("aria-pressed")).toBe("true");
  expect(await hasFocus(arrange)).toBe(true);
});
