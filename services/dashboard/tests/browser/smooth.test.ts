/** Two thousand vehicles drive, and the page's thread has time for whoever uses it. */

import { afterAll, beforeAll, expect, it } from "vitest";
import { Crowd } from "./harness/crowd";
import { report } from "./harness/figures";
import { observeSmoothness, smoothnessFor } from "./harness/smoothness";

const VEHICLES = 2_000;
/** What belongs to the start, such as shaders that are compiled, is over after this. */
const STARTED_MS = 3_000;
const MEASURED_MS = 12_000;
const LONGEST_TASK_MS = 200;
const LONGEST_FRAME_MS = 250;
/** Whoever presses a button is usually not kept waiting, however many others use the machine. */
const BUSY_SHARE_MAX = 0.5;
/** The map draws fifteen frames a second while vehicles glide. */
const MEAN_FRAME_MS = 67;

let crowd: Crowd;

beforeAll(async () => {
  crowd = await Crowd.start(VEHICLES);
});

afterAll(async () => {
  await crowd?.close();
});

it("keeps the page's thread free while all of them move", async () => {
  const dashboard = await crowd.open(observeSmoothness);
  await smoothnessFor(dashboard.page, STARTED_MS);
  const [vehicle] = await crowd.stage.server.vehicles("north");
  const first = await dashboard.drawn([vehicle?.id ?? ""]);
  const { tasks, frames } = await smoothnessFor(dashboard.page, MEASURED_MS);

  expect(await dashboard.drawn([...first.keys()])).not.toEqual(first);
  // What holds on any machine: usually there is nothing to wait for.
  const busyMs = tasks.reduce((sum, task) => sum + task, 0);
  expect(busyMs / MEASURED_MS).toBeLessThan(BUSY_SHARE_MAX);
  const frame = MEASURED_MS / Math.max(1, frames.length);

  const [unit, count] = ["ms", `${VEHICLES} moving vehicles`];
  const longest = (name: string, values: readonly number[], target: number): void =>
    report({ name: `${name}, ${count}`, figure: Math.max(0, ...values), unit, target });
  report({ name: `mean frame, ${count}`, figure: frame, unit, target: MEAN_FRAME_MS });
  longest("longest frame", frames, LONGEST_FRAME_MS);
  longest("longest task", tasks, LONGEST_TASK_MS);
});
