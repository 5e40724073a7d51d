/** What a page may do, and that nothing from a feed can make it do more. */

import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launch } from "./harness/browser";
import { Dashboard, eventually } from "./harness/dashboard";
import { Fleet } from "./harness/fleet";
import { NORTH, SOUTH, Stage } from "./harness/stage";

/** Texts that would do something if any part of the page took them for more than text. */
const HOSTILE = [
  "<img src=x onerror=window.hacked=1>",
  '"><script>window.hacked=2</script>',
  "</textarea></title><svg onload=window.hacked=3>",
  "javascript:window.hacked=4",
  "{{constructor.constructor('window.hacked=5')()}}",
  // Written from right to left from here on.
  "\u202Etxet siht sdaer ohW",
  // As long as a name may be.
  "W".repeat(256),
] as const;

/** What a view shows has come by then. */
const VIEWED_MS = 1_500;

/** Levels of a topic: headsign and short name, which have no slashes in them. */
const HEADSIGN = "<img src=x onerror=window.hacked=6>";
const SHORT_NAME = '"><svg onload=window.hacked=7>';
const TOPIC = `/gtfsrt/vp/a/b/c/tram/r/0/${HEADSIGN}/t/s/10:00/v/60;24/1/1/1/${SHORT_NAME}/c/`;

declare global {
  interface Window {
    hacked?: number;
    violations?: string[];
  }
}

let browser: Chromium;
let stage: Stage;
const labelled = new Fleet(HOSTILE.length, NORTH);
const named = new Fleet(2, SOUTH);

beforeAll(async () => {
  for (const [index, label] of HOSTILE.entries()) labelled.labels.set(index, label);
  stage = await Stage.publishing([
    { region: "north", feed: "labels", path: "/positions", fleet: labelled },
    { region: "south", feed: "topics", path: TOPIC, fleet: named },
  ]);
  if (stage.feed !== undefined) {
    stage.feed.alerts = HOSTILE.map((text, index) => ({
      id: `alert-${index}`,
      title: text,
      description: text,
    }));
  }
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

/** To run before the page's scripts. */
function observeViolations(): void {
  const violations: string[] = [];
  window.violations = violations;
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    violations.push(`${violatedDirective} ${blockedURI}`),
  );
}

async function open(address: string): Promise<Dashboard> {
  return Dashboard.open(browser, stage.url, { address, before: [observeViolations] });
}

/** Nothing ran, nothing was refused, nothing was said to the console or asked of somebody else. */
async function isUnharmed({ page, complaints }: Dashboard): Promise<void> {
  expect(await page.evaluate(() => window.hacked)).toBeUndefined();
  expect(await page.evaluate(() => window.violations)).toEqual([]);
  expect(complaints).toEqual({ errors: [], console: [], elsewhere: [] });
}

it("has a policy that lets nothing run but its own files", async () => {
  const answer = await fetch(stage.url);
  const policy = new Map(
    (answer.headers.get("content-security-policy") ?? "").split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name, values];
    }),
  );
  expect(policy.get("default-src")).toEqual(["'self'"]);
  expect(policy.get("script-src") ?? policy.get("default-src")).toEqual(["'self'"]);
  expect(policy.get("object-src")).toEqual(["'none'"]);
  expect(policy.get("base-uri")).toEqual(["'none'"]);
  expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
  for (const values of policy.values()) {
    expect(values).not.toContain("'unsafe-eval'");
    expect(values).not.toContain("*");
  }
});

it("shows hostile labels as they are, in the table and in the card", async () => {
  const dashboard = await open("#view=map&city=north");
  await dashboard.openTable();
  for (const label of HOSTILE) {
    const row = dashboard.row(label);
    await eventually(async () => expect(await row.count()).toBeGreaterThan(0));
    await row.first().click();
    await eventually(async () => expect(await dashboard.card().textContent()).toContain(label));
    await dashboard.page.keyboard.press("Escape");
  }
  expect(await overflowing(dashboard)).toBe(false);
  await isUnharmed(dashboard);
});

it("shows hostile headsigns and line names as they are", async () => {
  // Near enough for the names beside the vehicles.
  const [vehicle] = named.vehicles();
  const place = `${vehicle?.latitude_deg},${vehicle?.longitude_deg}`;
  const dashboard = await open(`#view=map&city=south&z=15&c=${place}`);
  await dashboard.openTable();
  const row = dashboard.row(HEADSIGN);
  await eventually(async () => expect(await row.count()).toBeGreaterThan(0));
  expect(await row.first().textContent()).toContain(SHORT_NAME);
  await row.first().click();
  await eventually(async () => expect(await dashboard.card().textContent()).toContain(HEADSIGN));
  await isUnharmed(dashboard);
});

it("is harmed in no view, and asks nobody else for anything", async () => {
  const dashboard = await open("#view=map&city=north");
  for await (const view of dashboard.views()) {
    await dashboard.page.waitForTimeout(VIEWED_MS);
    expect(await overflowing(dashboard), view).toBe(false);
    await isUnharmed(dashboard);
  }
});

/** Whether a text has made the page wider than its window. */
async function overflowing({ page }: Dashboard): Promise<boolean> {
  return page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
}
