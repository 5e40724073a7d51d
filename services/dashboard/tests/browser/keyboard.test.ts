/** An operator without a mouse comes everywhere, and never loses the place. */

import type { Browser as Chromium, Locator } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Fleet } from "./harness/fleet";
import { NORTH, SOUTH, Stage } from "./harness/stage";

/** Further from where the focus is, nobody would find anything. */
const TABS_MAX = 200;

let browser: Chromium;
let stage: Stage;
let dashboard: Dashboard;

beforeAll(async () => {
  stage = await Stage.publishing([
    { region: "north", feed: "buses", path: "/buses", fleet: new Fleet(40, NORTH) },
    { region: "south", feed: "trams", path: "/trams", fleet: new Fleet(5, SOUTH) },
    // Nobody publishes it: that is wrong now.
    { region: "south", feed: "ferries", path: "/ferries" },
  ]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

beforeEach(async () => {
  dashboard = await Dashboard.open(browser, stage.url);
});

function press(key: string): Promise<void> {
  return dashboard.page.keyboard.press(key);
}

async function hasFocus(target: Locator): Promise<boolean> {
  return target.evaluate((node) => node === document.activeElement);
}

/** Goes on with the tabulator until this has the focus, and shows it. */
async function tabTo(target: Locator): Promise<void> {
  for (let tabs = 0; tabs < TABS_MAX; tabs += 1) {
    await press("Tab");
    if (!(await hasFocus(target))) continue;
    expect(await target.evaluate((node) => node.matches(":focus-visible"))).toBe(true);
    expect(await target.evaluate((node) => getComputedStyle(node).outlineStyle)).not.toBe("none");
    return;
  }
  throw new Error(`${TABS_MAX} times Tab do not lead to ${target}`);
}

/** Opens what has the focus: the card says what it is, and takes the focus. */
async function opensCard(): Promise<void> {
  await press("Enter");
  const title = dashboard.page.getByTestId("detail-title");
  await eventually(async () => expect(await hasFocus(title)).toBe(true));
  await eventually(async () => expect(await title.textContent()).not.toBe(""));
  // Of a vehicle the map has a part, and the card all.
  const facts = dashboard.card().locator("dl.facts dt");
  await eventually(async () => expect(await facts.count()).toBeGreaterThan(2));
}

async function closesCard(): Promise<void> {
  await press("Escape");
  await eventually(async () => expect(await dashboard.card().isVisible()).toBe(false));
  // Lost, the focus is on the body after the next frame, and the next tabulator begins at the top.
  await dashboard.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  await dashboard.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  expect(await hasFocus(dashboard.page.locator("body"))).toBe(false);
}

it("skips to the map", async () => {
  await press("Tab");
  const skip = dashboard.page.locator("a.skip");
  expect(await hasFocus(skip)).toBe(true);
  expect(await skip.isVisible()).toBe(true);
  await press("Enter");
  // The map may come later than who wants it.
  const map = dashboard.page.locator("#map .maplibregl-canvas");
  await eventually(async () => expect(await hasFocus(map)).toBe(true));
});

it("chooses a city", async () => {
  const city = dashboard.city("south");
  await tabTo(city);
  await press("Enter");
  await eventually(async () => expect(dashboard.page.url()).toContain("city=south"));
  expect(await city.getAttribute("aria-current")).toBe("true");
  expect(await hasFocus(city)).toBe(true);
  await eventually(async () => expect((await dashboard.state()).vehicles).toBe(5));
});

it("opens a vehicle in the table, closes it and is where it was", async () => {
  const fold = dashboard.table().locator("h2 button");
  await tabTo(fold);
  if ((await fold.getAttribute("aria-expanded")) === "false") await press("Enter");
  await eventually(async () => expect(await dashboard.row("").count()).toBeGreaterThan(3));
  const name = (await dashboard.row("").nth(2).textContent()) ?? "";
  const row = dashboard.row(name).first();
  await tabTo(row);
  await opensCard();
  await closesCard();
  expect(await hasFocus(row)).toBe(true);
});

it("asks why something is wrong now", async () => {
  await tabTo(dashboard.view("now"));
  await press("Enter");
  expect(dashboard.page.url()).toContain("view=now");
  const wrong = dashboard.wrong().first();
  await eventually(async () => expect(await wrong.count()).toBeGreaterThan(0));
  await tabTo(wrong);
  await press("Enter");
  expect(await wrong.getAttribute("aria-expanded")).toBe("true");
  expect(await hasFocus(wrong)).toBe(true);
});

it("finds a vehicle from another view, and comes back from its card", async () => {
  await tabTo(dashboard.view("cities"));
  await press("Enter");
  const search = dashboard.page.getByTestId("search");
  await press("Shift+Tab");
  await tabTo(search);
  await dashboard.page.keyboard.type("No. 17");
  const found = dashboard.found().first();
  await eventually(async () => expect(await found.textContent()).toContain("No. 17"));
  await press("ArrowDown");
  await opensCard();
  expect(dashboard.page.url()).toContain("view=map");
  await closesCard();
});

it("changes the language, and stays where it was", async () => {
  const swedish = dashboard.language("sv");
  await tabTo(swedish);
  await press("Enter");
  await eventually(async () => expect(await swedish.getAttribute("aria-pressed")).toBe("true"));
  expect(await dashboard.page.locator("html").getAttribute("lang")).toBe("sv");
  expect(await hasFocus(swedish)).toBe(true);
});

it("changes the colours, and stays where it was", async () => {
  const theme = dashboard.page.getByTestId("theme");
  const before = await theme.inputValue();
  await tabTo(theme);
  await press("ArrowDown");
  await eventually(async () => expect(await theme.inputValue()).not.toBe(before));
  expect(await hasFocus(theme)).toBe(true);
});
