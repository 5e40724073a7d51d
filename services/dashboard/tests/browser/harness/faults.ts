/** What axe finds wrong with a page. */

import axe from "axe-core";
import type { Page } from "playwright-core";

declare global {
  interface Window {
    axe?: typeof axe;
  }
}

/** What is wrong, and where: a line for each place. */
export async function faults(page: Page): Promise<string[]> {
  // It stays in the page until that is loaded anew.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const found = await window.axe?.run(document, { resultTypes: ["violations"] });
    return (found?.violations ?? []).map(({ id, help, nodes }) => ({ id, help, nodes }));
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, html }) => `${id} (${help}) at ${target.join(" ")}: ${html}`),
  );
}
