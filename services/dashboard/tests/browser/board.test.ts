/** The reader's own board is arranged by hand and by keys; on a phone the bars leave the map its room. */

import type { Browser as Chromium, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Visitor } from "./harness/browser";
import { PHONE, launch } from "./harness/browser";
import { BARS_SHARE_MAX, Dashboard, eventually } from "./harness/dashboard";
import { faults } from "./harness/faults";
import { Fleet } from "./harness/fleet";
import { NORTH, Stage } from "./harness/stage";

/** Enlarged four times, a page of 1280 px is as narrow (WCAG 1.4.10). */
const NARROW = { width: 320, height: 640 };
/** WCAG 2.5.8. */
const TARGET_PX_MIN = 24;
/** The order of the first board. */
const FIRST = ["map", "wrong", "cities", "feeds"];

let browser: Chromium;
let stage: Stage;

beforeAll(async () => {
  const fleet = new Fleet(40, NORTH);
  stage = await Stage.publishing([{ region: "north", feed: "buses", path: "/buses", fleet }]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

class BoardPage {
  private constructor(readonly dashboard: Dashboard) {}

  static async open(visitor: Visitor = {}, address = "#view=board"): Promise<BoardPage> {
    return new BoardPage(await Dashboard.open(browser, stage.url, { ...visitor, address }));
  }

  get page(): Dashboard["page"] {
    return this.dashboard.page;
  }

  title(id: string): Locator {
    return this.page.locator(`#page-${id}`);
  }

  panel(id: string): Locator {
    return this.page.locator(`.board [data-panel=${id}]`);
  }

  async arrange(): Promise<void> {
    await this.page.getByTestId("arrange").click();
  }

  /** How far the board is scrolled, px. */
  scrolled(): Promise<number> {
    return this.page.locator(".board").evaluate((node) => node.scrollTop);
  }

  order(): Promise<(string | undefined)[]> {
    return this.page
      .locator(".board .panels > .panel")
      .evaluateAll((panels) => panels.map((panel) => (panel as HTMLElement).dataset["panel"]));
  }

  /** Takes a panel by its handle, and holds it over the beginning of another one. */
  async hold(id: string, over: string): Promise<void> {
    const { mouse } = this.page;
    const from = await middleOf(this.panel(id).locator(".panel-handle"));
    await mouse.move(from.x, from.y);
    await mouse.down();
    const to = await boxOf(this.panel(over));
    await mouse.move(to.x + 20, to.y + 20, { steps: 8 });
  }
}

async function boxOf(
  what: Locator,
): Promise<{ x: number; y: number; width: number; height: number }> {
  const box = await what.boundingBox();
  if (box === null) throw new Error(`${what} is not seen`);
  return box;
}

async function middleOf(what: Locator): Promise<{ x: number; y: number }> {
  const { x, y, width, height } = await boxOf(what);
  return { x: x + width / 2, y: y + height / 2 };
}

describe("dragging", () => {
  it("changes the order, for the next visit and for whom the address is given to", async () => {
    const board = await BoardPage.open();
    expect(await board.order()).toEqual(FIRST);
    await board.arrange();
    expect(await faults(board.page)).toEqual([]);
    const before = await boxOf(board.panel("cities"));
    await board.hold("wrong", "map");
    // Nothing moves before it is dropped, and a line says where it will land.
    expect(await board.page.locator(".drop-mark").isVisible()).toBe(true);
    expect(await board.order()).toEqual(FIRST);
    expect(await boxOf(board.panel("cities"))).toEqual(before);
    await board.page.mouse.up();
    const order = ["wrong", "map", "cities", "feeds"];
    await eventually(async () => expect(await board.order()).toEqual(order));
    expect(await board.page.locator(".drop-mark, .drag-ghost, .dragged").count()).toBe(0);
    expect(await faults(board.page)).toEqual([]);

    const address = new URL(board.page.url());
    expect(address.hash).toContain("board=wrong:third,map:wide");
    const other = await BoardPage.open({}, address.hash);
    expect(await other.order()).toEqual(order);
    // Another address, so that the page is loaded anew and knows the order from its memory alone.
    await board.page.goto(`${stage.url}?again#view=board`);
    await board.dashboard.says("live");
    expect(await board.order()).toEqual(order);
    expect(board.dashboard.complaints.errors).toEqual([]);
  });

  it("is given up with Escape, which closes nothing else", async () => {
    const board = await BoardPage.open();
    await board.arrange();
    await board.hold("wrong", "map");
    await board.page.keyboard.press("Escape");
    expect(await board.page.locator(".drop-mark, .drag-ghost, .dragged").count()).toBe(0);
    await board.page.mouse.up();
    expect(await board.order()).toEqual(FIRST);
    // It can be taken again.
    await board.hold("wrong", "map");
    await board.page.mouse.up();
    await eventually(async () => expect((await board.order())[0]).toBe("wrong"));
  });

  it("goes with a finger, which does not scroll the board meanwhile", async () => {
    const board = await BoardPage.open({ viewport: PHONE });
    await board.arrange();
    const devtools = await board.dashboard.devtools();
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number, y: number) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: type === "touchEnd" ? [] : [{ x, y }],
      });
    await board.panel("wrong").locator(".panel-head").scrollIntoViewIfNeeded();
    const scrolled = await board.scrolled();
    const { x, y } = await middleOf(board.panel("wrong").locator(".panel-handle"));
    await touch("touchStart", x, y);
    for (const step of [20, 60, 120, 200]) await touch("touchMove", x, y - step);
    await eventually(async () =>
      expect(await board.page.locator(".drag-ghost").isVisible()).toBe(true),
    );
    expect(await board.scrolled()).toBe(scrolled);
    const { y: top } = await boxOf(board.page.locator(".board"));
    await touch("touchMove", x, top + 4);
    await eventually(async () => expect(await board.scrolled()).toBe(0));
    await touch("touchEnd", x, top + 4);
    await eventually(async () => expect((await board.order())[0]).toBe("wrong"));
  });

  it("stays with a press that does not move", async () => {
    const board = await BoardPage.open();
    await board.arrange();
    await board.panel("wrong").locator(".panel-handle").click();
    expect(await board.page.locator(".drop-mark, .drag-ghost").count()).toBe(0);
    expect(await board.order()).toEqual(FIRST);
  });

  it("scrolls at the edge to what is out of sight", async () => {
    const board = await BoardPage.open({ viewport: PHONE });
    await board.arrange();
    const handle = await middleOf(board.panel("map").locator(".panel-handle"));
    await board.page.mouse.move(handle.x, handle.y);
    await board.page.mouse.down();
    const { y, height } = await boxOf(board.page.locator(".board"));
    await board.page.mouse.move(handle.x, y + height - 4, { steps: 8 });
    const node = board.page.locator(".board");
    await eventually(async () => {
      expect(
        await node.evaluate((one) => one.scrollTop + one.clientHeight + 2 > one.scrollHeight),
      ).toBe(true);
    });
    await board.page.mouse.up();
    await eventually(async () => expect((await board.order()).at(-1)).toBe("map"));
    await expectInView(board.title("map"), y, y + height);
  });
});

/** It glides there. */
async function expectInView(what: Locator, top: number, bottom: number): Promise<void> {
  await eventually(async () => {
    const box = await boxOf(what);
    expect(box.y).toBeGreaterThanOrEqual(top - 1);
    expect(box.y + box.height).toBeLessThanOrEqual(bottom + 1);
  });
}

it("does all of it with keys, and keeps the focus", async () => {
  const board = await BoardPage.open();
  await board.arrange();
  const later = board.panel("map").locator("[data-move=later]");
  await later.focus();
  const heads = ["wrong", "cities", "feeds"];
  for (let place = 1; place <= heads.length; place += 1) {
    await board.page.keyboard.press("Enter");
    const order = [...heads.slice(0, place), "map", ...heads.slice(place)];
    expect(await board.order()).toEqual(order);
  }
  // At the end of the row it can only go back.
  expect(await later.isDisabled()).toBe(true);
  const earlier = board.panel("map").locator("[data-move=earlier]");
  await eventually(async () =>
    expect(await earlier.evaluate((one) => one === document.activeElement)).toBe(true),
  );
  await board.panel("map").locator(".panel-tools select").selectOption("full");
  expect(await board.panel("map").getAttribute("data-size")).toBe("full");
  await board.page.reload();
  await board.dashboard.says("live");
  expect(await board.order()).toEqual(["wrong", "cities", "feeds", "map"]);
  expect(await board.panel("map").getAttribute("data-size")).toBe("full");
});

describe("on a phone", () => {
  it("leaves the map its room", async () => {
    const dashboard = await Dashboard.open(browser, stage.url, { viewport: PHONE });
    expect(await dashboard.barsShare()).toBeLessThan(BARS_SHARE_MAX);
  });

  it("has the rest of the header behind a button", async () => {
    const dashboard = await Dashboard.open(browser, stage.url, { viewport: PHONE });
    const { page } = dashboard;
    const menu = page.getByTestId("menu");
    const focused = (what: Locator): Promise<boolean> =>
      what.evaluate((one) => one === document.activeElement);
    expect(await dashboard.view("cities").isVisible()).toBe(false);
    await menu.focus();
    await page.keyboard.press("Enter");
    expect(await menu.getAttribute("aria-expanded")).toBe("true");
    await page.keyboard.press("Tab");
    expect(await focused(dashboard.view("map"))).toBe(true);
    expect(await faults(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expect(await menu.getAttribute("aria-expanded")).toBe("false");
    expect(await focused(menu)).toBe(true);
    // What is chosen closes it, but a language, of which more than one may be tried.
    await page.keyboard.press("Enter");
    await dashboard.language("sv").click();
    await page.waitForSelector("html[lang=sv]");
    expect(await focused(dashboard.language("sv"))).toBe(true);
    await dashboard.view("cities").click();
    expect(page.url()).toContain("view=cities");
    expect(await dashboard.view("map").isVisible()).toBe(false);
    expect(await focused(menu)).toBe(true);
  });

  it("never scrolls sideways, and has targets that a finger meets", async () => {
    const dashboard = await Dashboard.open(browser, stage.url, { viewport: NARROW });
    const { page } = dashboard;
    for (const view of ["map", "board"] as const) {
      await dashboard.show(view);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(NARROW.width);
      const beyond = await page.evaluate(
        (width) =>
          [...document.querySelectorAll("header, header *, .time, .time *, .board, .board-bar *")]
            .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > width + 1)
            .map((one) => one.outerHTML.slice(0, 80)),
        NARROW.width,
      );
      expect(beyond, view).toEqual([]);
    }
    await dashboard.unfold();
    const small = await page
      .locator("header :is(a, button, select):visible, .time :is(button, select):visible")
      .evaluateAll(
        (targets, min) =>
          targets
            .filter((one) => {
              const { width, height } = one.getBoundingClientRect();
              return Math.min(width, height) < min;
            })
            .map((one) => one.outerHTML),
        TARGET_PX_MIN,
      );
    expect(small).toEqual([]);
  });
});
