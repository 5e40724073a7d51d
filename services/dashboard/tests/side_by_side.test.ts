import { describe, expect, it } from "vitest";
import { momentShown } from "../src/time/side_by_side";

describe("the label of a picture beside another", () => {
  it("says of when the picture is, not what time it would be", () => {
    expect(momentShown("live", 100_000, 300)).toBe(100_000);
    expect(momentShown("silent", 100_000, 60_000)).toBe(40_000);
    expect(momentShown("lost", 100_000, 60_000)).toBe("lost");
    expect(momentShown("connecting", undefined, undefined)).toBeUndefined();
  });
});
