import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { AGAIN_MS, ANSWER_MS, Inquiry, OLD_MS } from "../src/time/inquiry";

const SECOND_MS = 1_000;

/** A question of a server, and how it is answered. */
interface Asked {
  path: string;
  answer(streets: readonly string[], next?: string): Promise<void>;
  signal: AbortSignal | undefined;
}

let asked: Asked[];
let answered: number;
let inquiry: Inquiry;

beforeEach(() => {
  vi.useFakeTimers();
  [asked, answered] = [[], 0];
  inquiry = new Inquiry(() => (answered += 1));
});

afterEach(() => vi.useRealTimers());

const source = {
  url: "http://tilanne.example/",
  get: (path: string, signal?: AbortSignal) =>
    new Promise<unknown>((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new Error("no answer")));
      const answer = async (streets: readonly string[], next?: string): Promise<void> => {
        resolve({ features: streets.map(feature), ...(next !== undefined && { next }) });
        await vi.advanceTimersByTimeAsync(0);
      };
      asked.push({ path, answer, signal });
    }),
};

/** A street that is 10 km/h faster. */
function feature(id: string): object {
  const coordinates = [
    [24, 60],
    [25, 60],
  ];
  const value = { before: 20, after: 30 };
  return {
    geometry: { type: "LineString", coordinates },
    properties: { id, five_minutes: { speed_km_h: { value } } },
  };
}

/** The page looks once a second, with time going on from a moment or standing there. */
async function look(
  seconds: number,
  { bbox = "1,2,3,4", fromS = 0, plays = true } = {},
): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    const atMs = (fromS + (plays ? second : 0)) * SECOND_MS;
    inquiry.update({
      source,
      path: `v1/regions/oulu/diff/links?bbox=${bbox}&before=${atMs}`,
      atMs,
    });
    await vi.advanceTimersByTimeAsync(SECOND_MS);
  }
}

it("waits for an answer that takes longer than the time between two while time goes on", async () => {
  await look(8);
  expect([asked.length, inquiry.waits]).toEqual([1, true]);
  await asked[0]?.answer(["a"]);
  expect([answered, inquiry.comparedMs]).toEqual([1, 0]);
  expect(inquiry.streets.map(({ id }) => id)).toEqual(["a"]);
  // The next is due, since the question is older than that.
  await look(1, { fromS: 8 });
  expect(asked.length).toBe(2);
  expect(inquiry.waits).toBe(false);
  await asked[1]?.answer(["a", "b"]);
  expect([inquiry.comparedMs, inquiry.streets.length]).toEqual([8 * SECOND_MS, 2]);
});

it("gives up what does not come at all, says so, and asks again", async () => {
  await look(ANSWER_MS / SECOND_MS + 1);
  expect(inquiry.failure).toEqual({ status: 0, detail: "" });
  expect(answered).toBe(1);
  await look(1, { fromS: 16 });
  expect(asked.length).toBe(2);
  await asked[1]?.answer(["a"]);
  expect([inquiry.failure, inquiry.streets.length]).toEqual([undefined, 1]);
});

it("asks seldom while time stands, and not too often while it goes on", async () => {
  await look(1, { plays: false });
  await asked[0]?.answer(["a"]);
  await look(OLD_MS / SECOND_MS - 2, { plays: false });
  expect(asked.length).toBe(1);
  await look(2, { plays: false });
  expect(asked.length).toBe(2);
  await asked[1]?.answer(["a"]);
  for (let second = 1; second <= 20; second += 1) {
    await look(1, { fromS: second });
    await asked.at(-1)?.answer(["a"]);
  }
  expect(asked.length).toBe(2 + (20 * SECOND_MS) / AGAIN_MS);
});

it("asks for another place at once, and forgets the answer of the one before", async () => {
  await look(1);
  await look(1, { bbox: "5,6,7,8", fromS: 1 });
  expect(asked.length).toBe(2);
  expect(asked[0]?.signal?.aborted).toBe(true);
  await asked[0]?.answer(["a"]);
  expect([answered, inquiry.streets.length, inquiry.failure]).toEqual([0, 0, undefined]);
  await asked[1]?.answer(["b"]);
  expect(inquiry.streets.map(({ id }) => id)).toEqual(["b"]);
});

it("reads page after page, and says when there are more", async () => {
  await look(1);
  for (let page = 0; page < 5; page += 1) {
    await asked[page]?.answer([`${page}`], `/v1/regions/oulu/diff/links?cursor=${page}`);
    expect(asked[page + 1]?.path).toBe(`${asked[0]?.path}&cursor=${page}`);
  }
  expect(answered).toBe(0);
  await asked[5]?.answer(["5"], "/v1/regions/oulu/diff/links?cursor=5");
  expect([asked.length, answered]).toEqual([6, 1]);
  expect([inquiry.streets.length, inquiry.isCut]).toEqual([6, true]);
});

it("says nothing more once it is closed", async () => {
  await look(1);
  inquiry.close();
  await asked[0]?.answer(["a"]);
  await vi.advanceTimersByTimeAsync(ANSWER_MS);
  expect([answered, inquiry.streets.length]).toEqual([0, 0]);
});
