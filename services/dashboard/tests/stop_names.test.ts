import { describe, expect, it } from "vitest";
import type { Vehicle } from "tilanne-client";
import { Speech } from "../src/i18n";
import { vehicleFacts } from "../src/panels/detail/facts";
import { STOP_NAMES } from "../src/panels/detail/stop_names";
import { Lookup } from "../src/stream/lookup";

/** A server with one stop, and a clock that stands. */
function make(): { names: Lookup<string>; asked: string[]; clock: { ms: number }; fails: boolean } {
  const asked: string[] = [];
  const clock = { ms: 0 };
  const made = {
    asked,
    clock,
    fails: false,
    names: new Lookup(
      STOP_NAMES,
      (path) => {
        asked.push(path);
        if (made.fails) return Promise.reject(new Error("gone"));
        const stops = [
          { id: "1040601", name: "Kamppi", code: "H1241" },
          { id: "7", name: "", code: null },
        ];
        return Promise.resolve({ total: 2, stops });
      },
      () => clock.ms,
    ),
  };
  return made;
}

describe("names of stops", () => {
  it("are asked for once, and have code and id beside them", async () => {
    const { names, asked } = make();
    expect(names.get("helsinki", "1040601")).toBeUndefined();
    const wanted = ["1040601", "1040601", null, undefined, "7", "nobody/1"];
    await names.want("helsinki", wanted);
    await names.want("helsinki", wanted);
    expect(asked).toEqual(["v1/regions/helsinki/stops?ids=1040601,7,nobody%2F1"]);
    expect(names.get("helsinki", "1040601")).toBe("Kamppi (H1241, 1040601)");
    expect(names.get("helsinki", "7")).toBe("7");
    expect(names.get("helsinki", "nobody/1")).toBeUndefined();
    // Ids are those of a region.
    expect(names.get("oulu", "1040601")).toBeUndefined();
  });

  it("are asked for again only after a while when that failed", async () => {
    const made = make();
    const { names, asked, clock } = made;
    made.fails = true;
    await names.want("r", ["1040601"]);
    clock.ms = 29_999;
    await names.want("r", ["1040601"]);
    expect(asked).toHaveLength(1);
    expect(names.get("r", "1040601")).toBeUndefined();
    made.fails = false;
    clock.ms = 30_000;
    await names.want("r", ["1040601"]);
    expect(names.get("r", "1040601")).toBe("Kamppi (H1241, 1040601)");
  });

  it("are in the facts of a vehicle, in place of ids", () => {
    const vehicle = {
      id: "hfp:1",
      feed: "hfp",
      event_time_ms: 0,
      received_time_ms: 0,
      report: { stop_id: "1", next_stop_id: "2" },
    } as Vehicle;
    const facts = vehicleFacts(new Speech("fi"), vehicle, 1_000, new Map(), (id) => `Tori (${id})`);
    const all = facts.sections.flatMap(({ facts: some }) => some);
    expect(all).toContainEqual(["Pysäkki", "Tori (1)"]);
    expect(all).toContainEqual(["Seuraava pysäkki", "Tori (2)"]);
  });
});
