import { describe, expect, it } from "vitest";
import { STEP_MS } from "../src/curves/archive";
import { Curves } from "../src/curves/store";
import { AnswerError } from "../src/stream/source";

const NOW = Date.parse("2026-11-26T16:07:00Z"); // 18:07 in Helsinki
const MINUTE = 60_000;

/** As much of an area as a curve needs, as it was at a time. */
function areaAt(event_time_ms: number): object {
  return { event_time_ms, speed_km_h: 30, free_flow_speed_km_h: 40, delay_veh_h_h: 3 };
}

describe("a gap in a curve", () => {
  const object = { region: "helsinki", layer: "areas", id: "city:helsinki" } as const;
  const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  /** A server of all of the day that refuses while it is told to. */
  function moody(): {
    curves: Curves;
    refuse: (status: number | undefined) => void;
    asked: string[];
  } {
    let refused: number | undefined;
    const asked: string[] = [];
    const get = (path: string): Promise<unknown> => {
      asked.push(path);
      if (refused !== undefined) return Promise.reject(new AnswerError("busy", refused));
      const query = new URL(path, "http://tilanne.example").searchParams;
      const [from, to] = ["from", "to"].map((name) => Date.parse(query.get(name) ?? ""));
      const moments = [];
      for (let at = from ?? 0; at <= (to ?? 0); at += STEP_MS) {
        moments.push({ object: areaAt(at) });
      }
      return Promise.resolve({ moments });
    };
    const curves = new Curves(get, () => 0);
    return { curves, asked, refuse: (status) => void (refused = status) };
  }
  /** Steps of the clock between two times of which a curve has no point. */
  function holes(curves: Curves, fromMs: number, toMs: number): number {
    const had = new Set(curves.curve(object, toMs)?.points.map(({ timeMs }) => timeMs));
    let count = 0;
    for (let at = Math.ceil(fromMs / STEP_MS) * STEP_MS; at <= toMs; at += STEP_MS) {
      if (!had.has(at)) count += 1;
    }
    return count;
  }

  it("that was refused is said, and asked for again, and nothing else is", async () => {
    const { curves, refuse, asked } = moody();
    curves.open([object], NOW);
    await settled();
    expect(curves.curve(object, NOW)?.state.kind).toBe("complete");
    // The computer slept for an hour, and now the server is busy.
    const later = NOW + 60 * MINUTE;
    refuse(503);
    curves.open([object], later);
    await settled();
    expect(curves.curve(object, later)?.state).toMatchObject({ kind: "refused", status: 503 });
    expect(holes(curves, NOW, later)).toBe(12);
    // It is not asked for each second, while what the page sees is taken in.
    const refusals = asked.length;
    for (let at = later; at < later + 30 * MINUTE; at += MINUTE) {
      curves.open([object], at);
      curves.observe(object, areaAt(at), at);
    }
    await settled();
    expect(asked).toHaveLength(refusals);
    // The reader asks again: all of the gap comes, and nothing that was there.
    refuse(undefined);
    curves.ask([object], later + 30 * MINUTE);
    await settled();
    expect(curves.curve(object, later)?.state.kind).toBe("complete");
    expect(holes(curves, NOW, later)).toBe(0);
    for (const path of asked.slice(refusals)) {
      const query = new URL(path, "http://tilanne.example").searchParams;
      expect(Date.parse(query.get("from") ?? "")).toBeGreaterThan(NOW);
      expect(Date.parse(query.get("to") ?? "")).toBeLessThanOrEqual(later);
    }
    const questions = asked.length;
    curves.ask([object], later + 30 * MINUTE);
    await settled();
    expect(asked).toHaveLength(questions);
  });

  it("is asked for again when the curve is opened again, from where it began", async () => {
    const { curves, refuse } = moody();
    curves.open([object], NOW);
    await settled();
    refuse(503);
    curves.open([object], NOW + 60 * MINUTE);
    await settled();
    curves.close();
    refuse(undefined);
    const later = NOW + 120 * MINUTE;
    curves.open([object], later);
    await settled();
    expect(curves.curve(object, later)?.state.kind).toBe("complete");
    expect(holes(curves, NOW, later)).toBe(0);
  });

  it("that was given up in its middle is gone on with", async () => {
    const { curves, asked } = moody();
    curves.open([object], NOW);
    await settled();
    const later = NOW + 180 * MINUTE;
    curves.open([object], later);
    curves.close();
    await settled();
    const given = asked.length;
    expect(holes(curves, NOW, later)).toBeGreaterThan(0);
    curves.open([object], later + MINUTE);
    await settled();
    expect(asked.length).toBeGreaterThan(given);
    expect(curves.curve(object, later)?.state.kind).toBe("complete");
    expect(holes(curves, NOW, later)).toBe(0);
  });
});
