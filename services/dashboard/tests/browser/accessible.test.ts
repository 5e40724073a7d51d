/** Axe finds nothing on any view, in any language, in light and in dark, wide and narrow. */

import axe from "axe-core";
import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHONE, launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Stage } from "./harness/stage";

/** What a language may spoil is the same in all colours, so each is looked at in one of them. */
const LANGUAGES = { light: ["fi", "en"], dark: ["sv", "en"] } as const;
const SCHEMES = ["light", "dark"] as const;

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

/** What is wrong, and where: a line for each place. */
async function faults({ page }: Dashboard): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id} (${help}) at ${target.join(" ")}: ${html}`),
  );
}

/** The same of all views, so that one run names all of them. */
async function faultsOfViews(dashboard: Dashboard): Promise<string[]> {
  const found: string[] = [];
  for await (const view of dashboard.views()) {
    found.push(...(await faults(dashboard)).map((fault) => `${view}: ${fault}`));
  }
  return found;
}

declare global {
  interface Window {
    axe: typeof axe;
  }
}

describe.each(SCHEMES)("in %s", (colorScheme) => {
  it("has no faults in its languages", async () => {
    const dashboard = await Dashboard.open(browser, stage.url, { colorScheme });
    const found: string[] = [];
    for (const language of LANGUAGES[colorScheme]) {
      await dashboard.speak(language);
      found.push(...(await faultsOfViews(dashboard)).map((fault) => `${language}, ${fault}`));
    }
    expect(found).toEqual([]);
  });

  it("has no faults on a phone", async () => {
    const viewport = PHONE;
    const dashboard = await Dashboard.open(browser, stage.url, { colorScheme, viewport });
    expect(await faultsOfViews(dashboard)).toEqual([]);
  });

  it("has no faults with an object open", async () => {
    const dashboard = await Dashboard.open(browser, stage.url, { colorScheme });
    await dashboard.openTable();
    await dashboard.row("").first().click();
    await eventually(async () => expect(await dashboard.card().isVisible()).toBe(true));
    expect(await faults(dashboard)).toEqual([]);
  });
});
