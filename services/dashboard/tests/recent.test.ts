/** A map that is shown for weeks keeps the images that it used last, and no more. */

import { expect, it } from "vitest";
import { Recent } from "../src/map/recent";

it("lets the one go that was not used for longest", () => {
  const recent = new Recent(3);
  expect(["a", "b", "c"].map((id) => recent.use(id))).toEqual([undefined, undefined, undefined]);
  expect(recent.use("a")).toBeUndefined();
  expect(recent.use("d")).toBe("b");
  expect(recent.use("b")).toBe("c");
  expect(recent.use("b")).toBeUndefined();
});

it("keeps so many, however many there were", () => {
  const recent = new Recent(5);
  const gone = Array.from({ length: 1_000 }, (_, index) => recent.use(`${index}`));
  expect(gone.filter((id) => id !== undefined)).toHaveLength(995);
});
