/** A real headless Chromium, and what it must never say of a page. */

import type { Browser as Chromium, BrowserContextOptions, Page } from "playwright-core";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--use-gl=angle",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
];

export const DESKTOP = { width: 1_280, height: 800 };
export const PHONE = { width: 390, height: 844 };

/** Where every visitor is. */
export const TIME_ZONE = "Europe/Helsinki";

/** The browser that the whole file shares. */
export async function launch(): Promise<Chromium> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: FLAGS });
}

/** A visitor: a browser without memory of earlier visits. */
export interface Visitor {
  locale?: string;
  viewport?: { width: number; height: number };
  colorScheme?: "light" | "dark";
  /** Without motion a vehicle is drawn at its newest fix, where it can be compared. */
  reducedMotion?: "reduce" | "no-preference";
  /** Runs in the page before its own scripts. */
  before?: readonly (() => void)[];
}

/** What went wrong in a page by itself: errors, violations of the policy, requests elsewhere. */
export class Complaints {
  readonly errors: string[] = [];
  readonly console: string[] = [];
  readonly elsewhere: string[] = [];

  constructor(page: Page) {
    page.on("pageerror", ({ message }) => this.errors.push(message));
    page.on("console", (said) => {
      if (said.type() === "error" || said.type() === "warning") this.console.push(said.text());
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      const isOurs = url.hostname === "127.0.0.1" || !url.protocol.startsWith("http");
      if (!isOurs) this.elsewhere.push(request.url());
    });
  }
}

/** A page in a context of its own; closing that closes it. */
export async function visit(
  browser: Chromium,
  { before = [], ...visitor }: Visitor = {},
): Promise<{ page: Page; complaints: Complaints }> {
  const options: BrowserContextOptions = {
    locale: "en-GB",
    timezoneId: TIME_ZONE,
    viewport: DESKTOP,
    reducedMotion: "no-preference",
    colorScheme: "light",
    ...visitor,
  };
  const context = await browser.newContext(options);
  for (const script of before) await context.addInitScript(script);
  const page = await context.newPage();
  return { page, complaints: new Complaints(page) };
}
