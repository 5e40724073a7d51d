/** The page as the tests use it: the one place that knows by what its parts are found. */

import type { Browser as Chromium, CDPSession, Locator, Page } from "playwright-core";
import { onTestFinished, vi } from "vitest";
import { readAddress } from "../../../src/address";
import type { Inspection } from "../../../src/inspect";
import type { ComparisonKind } from "../../../src/time/comparison";
import type { ReplayState } from "../../../src/time/replay";
import type { Complaints, Visitor } from "./browser";
import { visit } from "./browser";
import type { Place } from "./fleet";
import { PATIENCE_MS } from "./server";

/** What the header may say of the connection, and of a past that is shown. */
export type ConnectionState = "connecting" | "live" | "lost" | "silent" | ReplayState;

/** Views by the names that the address and the header's links have for them. */
export const VIEWS = ["map", "now", "cities", "feeds", "replays", "board"] as const;
export type View = (typeof VIEWS)[number];

/** Of the height of a phone, that header and bar of time may take together. */
export const BARS_SHARE_MAX = 0.25;

export class Dashboard {
  private constructor(
    readonly page: Page,
    readonly complaints: Complaints,
  ) {}

  /**
   * Opens the page as somebody who was never there before. It is closed when the test ends.
   *
   * @param visitor `says`: what the header says once the page is there
   */
  static async open(
    browser: Chromium,
    url: string,
    visitor: Visitor & { address?: string; says?: ConnectionState } = {},
  ): Promise<Dashboard> {
    const { address = "", says = "live", ...who } = visitor;
    const { page, complaints } = await visit(browser, who);
    onTestFinished(() => page.context().close());
    await page.goto(url + address);
    const dashboard = new Dashboard(page, complaints);
    await dashboard.says(says);
    return dashboard;
  }

  devtools(): Promise<CDPSession> {
    return this.page.context().newCDPSession(this.page);
  }

  /** Waits until the header says so of the connection. */
  async says(...states: readonly ConnectionState[]): Promise<void> {
    const named = states.map((state) => `[data-testid=connection][data-state=${state}]`);
    await this.page.waitForSelector(named.join(), { timeout: PATIENCE_MS });
  }

  async connection(): Promise<ConnectionState> {
    const state = await this.page.getByTestId("connection").getAttribute("data-state");
    return state as ConnectionState;
  }

  /** Whether the map is greyed as no longer of the present. */
  async isStale(): Promise<boolean> {
    return (await this.page.locator(".stale-picture").count()) > 0;
  }

  state(): Promise<ReturnType<Inspection["state"]>> {
    return this.page.evaluate(() => {
      if (window.tilanne === undefined) throw new Error("the page has not started");
      return window.tilanne.state();
    });
  }

  /** Where these vehicles are drawn, by id. */
  async drawn(ids: readonly string[]): Promise<Map<string, Place | undefined>> {
    const places = await this.page.evaluate(
      (ids) => ids.map((id) => window.tilanne?.vehiclePosition(id)),
      ids,
    );
    return new Map(ids.map((id, index) => [id, places[index]]));
  }

  /** What the page says of a feed's state. */
  async feedState(feed: string): Promise<string | null> {
    return this.page.locator(`[data-testid=feed][data-feed=${feed}]`).getAttribute("data-state");
  }

  city(id: string): Locator {
    return this.page.locator(`[data-testid=city][data-city=${id}]`);
  }

  /** The table of what is in view. */
  table(): Locator {
    return this.page.locator("[data-panel=objects]");
  }

  /** Unfolds the table where it is folded. */
  async openTable(): Promise<void> {
    const fold = this.table().locator("h2 button");
    if ((await fold.getAttribute("aria-expanded")) === "false") await fold.click();
  }

  /** What opens the object that is called so, in the table. */
  row(text: string): Locator {
    return this.table().locator("tbody button").filter({ hasText: text });
  }

  /** The bar of time. */
  time(): Locator {
    return this.page.getByTestId("time");
  }

  slider(): Locator {
    return this.page.getByTestId("time-slider");
  }

  /** The moment that is shown, by the address; `undefined` in the present. */
  get momentMs(): number | undefined {
    return readAddress(new URL(this.page.url()).hash).atMs;
  }

  /** Share of the window's height that header and bar of time take together. */
  async barsShare(): Promise<number> {
    const boxes = [
      await this.page.locator("header").boundingBox(),
      await this.time().boundingBox(),
    ];
    const height = this.page.viewportSize()?.height ?? 0;
    return boxes.reduce((sum, box) => sum + (box?.height ?? Number.NaN), 0) / height;
  }

  /** What the past is compared with. */
  async compare(kind: ComparisonKind): Promise<void> {
    await this.page.getByTestId(`compare-${kind}`).click();
  }

  /** The maps: the first, and while two moments stand side by side the second. */
  map(which: "first" | "second"): Locator {
    return this.page.locator(which === "first" ? "#map" : ".beside");
  }

  /** Where a place is in the window, on one of the maps. */
  async pixel(which: "first" | "second", place: Place): Promise<{ x: number; y: number }> {
    const { zoom = 0, centre = [0, 0] } = readAddress(new URL(this.page.url()).hash);
    const box = await this.map(which).boundingBox();
    if (box === null) throw new Error(`there is no ${which} map`);
    const middle = mercator({ latitude_deg: centre[0], longitude_deg: centre[1] }, zoom);
    const there = mercator(place, zoom);
    return {
      x: box.x + box.width / 2 + there.x - middle.x,
      y: box.y + box.height / 2 + there.y - middle.y,
    };
  }

  /** What the search box has found. */
  found(): Locator {
    return this.page.locator("#search-list [role=option]");
  }

  /** The card of the object that is open. */
  card(): Locator {
    return this.page.locator("section.card");
  }

  /** The button that has the page speak a language. */
  language(language: string): Locator {
    return this.page.locator(`[data-testid=language][data-language=${language}]`);
  }

  /** Opens the menu where views, cities and languages are behind its button. */
  async unfold(): Promise<void> {
    const folded = this.page.locator("[data-testid=menu][aria-expanded=false]");
    if (await folded.isVisible()) await folded.click();
  }

  async speak(language: string): Promise<void> {
    await this.unfold();
    await this.language(language).click();
    await this.page.waitForSelector(`html[lang=${language}]`);
  }

  /** The link in the header that leads to a view. */
  view(view: View): Locator {
    return this.page.locator(`[data-testid=view][data-view=${view}]`);
  }

  /** What can be done about each of the things that are wrong. */
  wrong(): Locator {
    return this.page.locator("[data-panel=wrong] .wrong-entry button:visible");
  }

  async show(view: View): Promise<void> {
    await this.unfold();
    await this.view(view).click();
    await this.page.waitForURL((url) => url.hash.includes(`view=${view}`));
  }

  /** The views that the header leads to, each chosen before it is given. */
  async *views(): AsyncGenerator<View> {
    for (const view of VIEWS) {
      await this.show(view);
      yield view;
    }
  }
}

/** Pixels of the map's world at a zoom; it is 512 wide at zoom 0. */
function mercator({ latitude_deg, longitude_deg }: Place, zoom: number): { x: number; y: number } {
  const size = 512 * 2 ** zoom;
  const up = Math.asinh(Math.tan((latitude_deg * Math.PI) / 180)) / Math.PI;
  return { x: (size * (longitude_deg + 180)) / 360, y: (size * (1 - up)) / 2 };
}

/** Asks again until nothing throws; what it threw last is the failure. */
export function eventually<T>(ask: () => Promise<T>, timeout = PATIENCE_MS): Promise<T> {
  return vi.waitFor(ask, { timeout, interval: 200 });
}
