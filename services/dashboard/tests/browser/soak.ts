/**
 * A wall display over the day: 20,000 vehicles move each second for minutes, and the page neither grows
 * nor slows down. Not a part of the tests: `TILANNE_SOAK_MINUTES=60 npm run soak`.
 */

import type { CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Crowd } from "./harness/crowd";
import { report } from "./harness/figures";
import { observeSmoothness, smoothnessFor } from "./harness/smoothness";

const VEHICLES = 20_000;
const MINUTES = Number(process.env["TILANNE_SOAK_MINUTES"] ?? "10");
const MINUTE_MS = 60_000;
/** Caches and compiled code grow at first; from then on every byte counts. */
const WARM_MINUTES = 2;
const GROWTH_MB_MAX = 5;
const LONGEST_TASK_MS = 200;
/** Ten frames a second: a map that still feels alive without a graphics card. */
const MEAN_FRAME_MS = 100;

let crowd: Crowd;

beforeAll(async () => {
  crowd = await Crowd.start(VEHICLES);
});

afterAll(async () => {
  await crowd?.close();
});

/** What is still in use after all that can be thrown away was, megabytes. */
async function heapMb(devtools: CDPSession): Promise<number> {
  // What the first collection finalizes, the second one frees.
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return usedSize / 2 ** 20;
}

it(
  `shows ${VEHICLES} vehicles for ${MINUTES} minutes`,
  async () => {
    const dashboard = await crowd.open(observeSmoothness);
    const devtools = await dashboard.devtools();

    const heaps = [await heapMb(devtools)];
    let frames = 0;
    const tasks: number[] = [];
    for (let minute = 1; minute <= WARM_MINUTES + MINUTES; minute += 1) {
      const seen = await smoothnessFor(dashboard.page, MINUTE_MS);
      heaps.push(await heapMb(devtools));
      const longest = Math.max(0, ...seen.tasks);
      const perS = (1_000 * seen.frames.length) / MINUTE_MS;
      const heap = heaps.at(-1)?.toFixed(1);
      console.log(
        `minute ${minute}: ${heap} MB, ${perS.toFixed(1)} frames/s, longest task ${longest} ms`,
      );
      if (minute <= WARM_MINUTES) continue;
      frames += seen.frames.length;
      tasks.push(longest);
    }
    expect((await dashboard.state()).vehicles).toBe(VEHICLES);

    const warm = heaps.slice(WARM_MINUTES);
    const growth = (warm.at(-1) ?? 0) - (warm[0] ?? 0);
    const name = (what: string): string => `${what}, ${VEHICLES} vehicles, ${MINUTES} min`;
    report({ name: name("growth of the heap"), figure: growth, unit: "MB", target: GROWTH_MB_MAX });
    const frame = (MINUTES * MINUTE_MS) / Math.max(1, frames);
    report({ name: name("mean frame"), figure: frame, unit: "ms", target: MEAN_FRAME_MS });
    const task = Math.max(0, ...tasks);
    report({ name: name("longest task"), figure: task, unit: "ms", target: LONGEST_TASK_MS });
  },
  (WARM_MINUTES + MINUTES + 5) * MINUTE_MS,
);
