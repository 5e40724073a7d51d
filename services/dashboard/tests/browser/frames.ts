/**
 * What 20,000 moving vehicles cost the page's thread where drawing takes no time: the calls that draw are
 * left out, all others are made. From what a frame takes of the thread, and from what all else takes of it,
 * follows how many frames a second it has time for: what a graphics card leaves to the processor, and all
 * that can be known without one. Not a part of the tests: `npm run frames`.
 */

import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Crowd } from "./harness/crowd";
import { report } from "./harness/figures";

const VEHICLES = 20_000;
/** What belongs to the start is over after this. */
const STARTED_MS = 20_000;
const MEASURED_MS = 40_000;
/** Fifty frames a second. */
const FRAME_MS_MAX = 20;

let crowd: Crowd;

beforeAll(async () => {
  crowd = await Crowd.start(VEHICLES);
});

afterAll(async () => {
  await crowd?.close();
});

interface Costs {
  /** Frames of vehicles. */
  frames: number;
  /** What they and the map's own took of the thread, ms. */
  framesMs: number;
}

declare global {
  interface Window {
    costs?: Costs;
  }
}

/** To run before the page's scripts. */
function observeCosts(): void {
  const costs: Costs = { frames: 0, framesMs: 0 };
  window.costs = costs;
  const request = window.requestAnimationFrame.bind(window);
  window.requestAnimationFrame = (run): number =>
    request((timeMs) => {
      const startedMs = performance.now();
      run(timeMs);
      costs.framesMs += performance.now() - startedMs;
    });
  // Each frame of vehicles asks when the card is done with it.
  const ask = WebGL2RenderingContext.prototype.fenceSync;
  WebGL2RenderingContext.prototype.fenceSync = function (condition, flags): WebGLSync | null {
    costs.frames += 1;
    return ask.call(this, condition, flags);
  };
  const nothing = (): void => {};
  Object.assign(WebGL2RenderingContext.prototype, {
    drawArrays: nothing,
    drawArraysInstanced: nothing,
    drawElements: nothing,
    drawElementsInstanced: nothing,
    drawRangeElements: nothing,
  });
}

/** What the thread has done since the page was opened, ms. */
async function threadMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  const total = metrics.find(({ name }) => name === "TaskDuration");
  if (total === undefined) throw new Error("the browser does not tell how busy a page is");
  return 1_000 * total.value;
}

it(`has time for frames of ${VEHICLES} vehicles`, async () => {
  const dashboard = await crowd.open(observeCosts);
  const devtools = await dashboard.devtools();
  await devtools.send("Performance.enable");
  const costs = (): Promise<Costs> =>
    dashboard.page.evaluate(() => ({ frames: 0, framesMs: 0, ...window.costs }));
  const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
  await pause(STARTED_MS);
  const [before, beforeMs] = [await costs(), await threadMs(devtools)];
  await pause(MEASURED_MS);
  const [after, afterMs] = [await costs(), await threadMs(devtools)];

  const frames = after.frames - before.frames;
  expect(frames).toBeGreaterThan(10);
  const framesMs = after.framesMs - before.framesMs;
  const restShare = (afterMs - beforeMs - framesMs) / MEASURED_MS;
  const frameMs = framesMs / frames;
  const name = (what: string): string => `${what}, ${VEHICLES} vehicles, drawing left out`;
  const [unit, target] = ["ms", FRAME_MS_MAX];
  report({ name: name("thread's time for a frame"), figure: frameMs, unit, target });
  report({
    name: name("thread's time for all else"),
    figure: 100 * restShare,
    unit: "%",
    target: 50,
  });
  const possibleMs = frameMs / (1 - restShare);
  report({ name: name("mean frame it has time for"), figure: possibleMs, unit, target });
});
