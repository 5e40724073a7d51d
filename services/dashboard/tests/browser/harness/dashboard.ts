/** The page as the tests use it: the one place that knows by what its parts are found. */

import type { Browser as Chromium, CDPSession, Locator, Page } from "playwright-core";
import { onTestFinished, vi } from "vitest";
import type { Inspection } from "../../../src/inspect";
import type { Complaints, Visitor } from "./browser";
import { visit } from "./browser";
import type { Place } from "./fleet";
import { PATIENCE_MS } from "./server";

/** What the header may say of the connection. */
export type ConnectionState = "connecting" | "live" | "lost" | "silent";

/** Views by the names that the address and the header's links have for them. */
export const VIEWS = ["map", "now", "cities", "feeds", "replays", "board"] as const;
export type View = (typeof VIEWS)[number];

export class Dashboard {
  private constructor(
    readonly page: Page,
    readonly complaints: Complaints,
  ) {}

  /** Opens the page as somebody who was never there before. It is closed when the test ends. */
  static async open(
    browser: Chromium,
    url: string,
    visitor: Visitor & { address?: string } = {},
  ): Promise<Dashboard> {
    const { address = "", ...who } = visitor;
    const { page, complaints } = await visit(browser, who);
    onTestFinished(() => page.context().close());
    await page.goto(url + address);
    const dashboard = new Dashboard(page, complaints);
    await dashboard.says("live");
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

  async speak(language: string): Promise<void> {
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

/** Asks again until nothing throws; what it threw last is the failure. */
export function eventually<T>(ask: () => Promise<T>, timeout = PATIENCE_MS): Promise<T> {
  return vi.waitFor(ask, { timeout, interval: 200 });
}
