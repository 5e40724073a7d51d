/** Many vehicles that move each second, and a browser to look at them. */

import type { Browser as Chromium } from "playwright-core";
import { expect } from "vitest";
import { launch } from "./browser";
import { Dashboard, eventually } from "./dashboard";
import { Fleet } from "./fleet";
import { NORTH, Stage } from "./stage";

export class Crowd {
  private constructor(
    readonly size: number,
    readonly stage: Stage,
    private readonly browser: Chromium,
  ) {}

  static async start(size: number): Promise<Crowd> {
    const fleet = new Fleet(size, NORTH);
    const stage = await Stage.publishing([
      { region: "north", feed: "buses", path: "/positions", fleet },
    ]);
    try {
      return new Crowd(size, stage, await launch());
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /**
   * Opens the map, and waits until all of them are there.
   *
   * @param before runs before the page's scripts
   */
  async open(before: () => void): Promise<Dashboard> {
    const address = "#view=map&city=north";
    const { browser, stage, size } = this;
    const dashboard = await Dashboard.open(browser, stage.url, { address, before: [before] });
    await eventually(async () => expect((await dashboard.state()).vehicles).toBe(size));
    return dashboard;
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.stage.close();
  }
}
