/** Code that comes later comes although the first try fails, and not to who has gone. */

import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { loaded } from "../src/lazy";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("is asked for again until it comes, and says that it is missing", async () => {
  const load = vi.fn().mockRejectedValueOnce(new Error("cut")).mockResolvedValue("code");
  const missed = vi.fn();
  const coming = loaded(load, () => true, missed);
  await vi.advanceTimersByTimeAsync(0);
  expect(missed.mock.calls).toEqual([[true]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await coming).toBe("code");
  expect(load).toHaveBeenCalledTimes(2);
  expect(missed.mock.calls).toEqual([[true], [false]]);
});

it("does not come when it is wanted no more", async () => {
  let wanted = true;
  const load = vi.fn(async () => {
    wanted = false;
    return "code";
  });
  expect(await loaded(load, () => wanted, vi.fn())).toBeUndefined();
  expect(await loaded(load, () => wanted, vi.fn())).toBeUndefined();
  expect(load).toHaveBeenCalledTimes(1);
});
