/**
 * How the page looks, for its readme and for who reviews a change of it: `UPDATE_SCREENSHOTS=1 npm run
 * test:browser -- screenshots` writes the pictures of the repository anew. Else that they can be made.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser as Chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DESKTOP, PHONE, launch } from "./harness/browser";
import { Dashboard } from "./harness/dashboard";
import { Stage } from "./harness/stage";

const UPDATE = process.env["UPDATE_SCREENSHOTS"] === "1";
const FOLDER = join(import.meta.dirname, "../../screenshots");
/** Streets have colours once some minutes of traffic have been seen on them. */
const TRAFFIC_MS = 150_000;
/** What a view asks for has come and is drawn. */
const SETTLED_MS = UPDATE ? 3_000 : 300;
/** Percent; text stays sharp, and all pictures together have some hundred kilobytes. */
const QUALITY = 35;
/** An empty page has less. */
const PICTURE_BYTES_MIN = 5_000;

let browser: Chromium;
let stage: Stage;
let folder: string;

beforeAll(async () => {
  stage = await Stage.demo();
  browser = await launch();
  folder = UPDATE ? FOLDER : mkdtempSync(join(tmpdir(), "tilanne-screenshots-"));
  mkdirSync(folder, { recursive: true });
  if (UPDATE) await new Promise((done) => setTimeout(done, TRAFFIC_MS));
}, 2 * TRAFFIC_MS);

afterAll(async () => {
  await browser?.close();
  await stage?.close();
  if (!UPDATE && folder !== undefined) rmSync(folder, { recursive: true });
});

describe.each([
  { size: "desktop", viewport: DESKTOP },
  { size: "phone", viewport: PHONE },
])("on a $size", ({ size, viewport }) => {
  it.each(["light", "dark"] as const)("shows every view in %s", async (colorScheme) => {
    const dashboard = await Dashboard.open(browser, stage.url, { colorScheme, viewport });
    const devtools = await dashboard.devtools();
    for await (const view of dashboard.views()) {
      await dashboard.page.waitForTimeout(SETTLED_MS);
      const shot = { format: "webp", quality: QUALITY } as const;
      const { data } = await devtools.send("Page.captureScreenshot", shot);
      const picture = Buffer.from(data, "base64");
      expect(picture.length, view).toBeGreaterThan(PICTURE_BYTES_MIN);
      writeFileSync(join(folder, `${view}-${size}-${colorScheme}.webp`), picture);
    }
  });
});
