/**
 * A computer that sleeps: nothing in the page runs until it wakes. Headless Chromium never freezes a
 * page, as all of them count as visible; the processes that run pages are stopped instead.
 */

import type { Browser as Chromium } from "playwright-core";

export async function asleep(browser: Chromium, meanwhile: () => Promise<void>): Promise<void> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
  for (const id of renderers) process.kill(id, "SIGSTOP");
  try {
    await meanwhile();
  } finally {
    for (const id of renderers) process.kill(id, "SIGCONT");
    await devtools.detach();
  }
}
