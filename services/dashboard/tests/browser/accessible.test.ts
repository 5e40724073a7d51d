/**
 * Axe finds nothing on any view, in any language, in light and in dark, wide and narrow; nor with what
 * opens there. One page goes through all of it: it switches as its readers do.
 */

import type { Browser as Chromium, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { LANGUAGES, Speech, isLanguage } from "../../src/i18n";
import type { Language } from "../../src/i18n";
import { problemText } from "../../src/problem_words";
import { DESKTOP, PHONE, launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { faults } from "./harness/faults";
import { Stage } from "./harness/stage";

/** Some fifty looks of axe on one page: a minute where nobody else works, minutes where many do. */
const LONGEST_MS = 400_000;
const SCHEMES = ["light", "dark"] as const;
const ALL_LANGUAGES = Object.keys(LANGUAGES).filter(isLanguage);

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

async function paint(page: Page, colorScheme: (typeof SCHEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.waitForSelector(`html[data-theme=${colorScheme}]`);
}

/** All views, and what opens on the map: the control of layers, the table, the card of an object. */
async function* states(dashboard: Dashboard): AsyncGenerator<string> {
  for await (const view of dashboard.views()) {
    yield view;
  }
  await dashboard.show("map");
  const { page } = dashboard;
  // On a phone the column of panels is out of the way at first.
  const panels = page.locator(".panels-toggle[aria-expanded=false]");
  const isAway = (await panels.count()) > 0;
  if (isAway) await panels.click();
  const layers = page.locator("[data-panel=layers] [type=checkbox]");
  await eventually(async () => expect(await layers.first().isVisible()).toBe(true));
  if (isAway) yield "map, panels";
  await dashboard.openTable();
  yield "map, table";
  await dashboard.row("").first().click();
  await eventually(async () => expect(await dashboard.card().isVisible()).toBe(true));
  yield "map, card";
  await page.keyboard.press("Escape");
  await dashboard.table().locator("h2 button").click();
}

/** The faults of all of it in a language and a scheme, so that one run names all. */
async function faultsIn(
  dashboard: Dashboard,
  language: Language,
  scheme: (typeof SCHEMES)[number],
): Promise<string[]> {
  const found: string[] = [];
  await dashboard.speak(language);
  for await (const state of states(dashboard)) {
    const own = await faults(dashboard.page);
    found.push(...own.map((fault) => `${scheme}, ${language}, ${state}: ${fault}`));
  }
  return found;
}

it.each([
  ["a wide page", DESKTOP],
  ["a phone", PHONE],
] as const)(
  "%s has no faults in any language, in light and in dark",
  async (_, viewport) => {
    const dashboard = await Dashboard.open(browser, stage.url, { viewport });
    const found: string[] = [];
    for (const scheme of SCHEMES) {
      await paint(dashboard.page, scheme);
      for (const language of ALL_LANGUAGES) {
        found.push(...(await faultsIn(dashboard, language, scheme)));
      }
    }
    expect(found).toEqual([]);
  },
  LONGEST_MS,
);

it("says in the reader's language what the server refuses, and marks the server's own words", async () => {
  const dashboard = await Dashboard.open(browser, stage.url, { viewport: DESKTOP });
  const { page } = dashboard;
  const detail = "query: limit: must be 1 or more";
  const problem = { type: "about:blank", title: "Bad Request", status: 400, detail };
  await page.route("**/dead-letters?*", (route) => route.fulfill({ status: 400, json: problem }));
  await dashboard.speak("fi");
  await dashboard.show("feeds");
  const said = page.locator("[data-panel=dead_letters] [role=alert]");
  await eventually(async () => {
    expect(await said.textContent()).toContain(problemText(new Speech("fi"), problem.status));
  });
  expect(await said.locator("[lang=en]").allTextContents()).toEqual([detail]);
  expect(await faults(page)).toEqual([]);
});
