import { describe, expect, it } from "vitest";
import { FeedLabels } from "../src/feed_labels";
import { LANGUAGES, Speech, isLanguage } from "../src/i18n";
import { regionName } from "../src/stream/region_state";
import { News } from "../src/panels/wrong/news";
import { STREET_NAMES } from "../src/panels/wrong/street_names";
import { Lookup } from "../src/stream/lookup";
import { summaryOf } from "../src/panels/wrong/summary";
import { TEXTS } from "../src/panels/wrong/texts";
import type { Trouble } from "../src/panels/wrong/troubles";
import { troublesOf } from "../src/panels/wrong/troubles";
import type { Fact, Wording } from "../src/panels/wrong/words";
import { reasons, told, whereText } from "../src/panels/wrong/words";
import type { City } from "../src/settings";
import { Cadence } from "../src/stream/cadence";
import type { RegionOverview } from "../src/stream/overview";
import {
  CITIES,
  HELSINKI,
  NOW,
  TURKU,
  area,
  feed,
  ids,
  link,
  message,
  picture,
  queue,
  region,
  sight,
} from "./wrong_sight";

describe("what is said", () => {
  const english = new Speech("en");
  const say = english.of(TEXTS);
  const wording = (speech: Speech): Wording => ({
    speech,
    say: speech.of(TEXTS),
    cities: CITIES,
    labels: new FeedLabels(
      () => Promise.resolve(undefined),
      () => 0,
    ),
    cadence: new Cadence(),
    nowMs: NOW,
    street: (_, id) => (id === "1-2-3" ? { name: "Kehä I", class: "trunk" } : undefined),
  });
  const everything = (): Trouble[] => {
    const objects = {
      queues: [
        queue({ excess_co2_g_h: 4_000, excess_co2_low_g_h: 900, excess_co2_high_g_h: 7_100 }),
        queue({ id: "q2", links: [] }),
      ],
      situations: [message({ contradicted: true })],
      feeds: [
        feed({
          connection: "down",
          error: "<b>403</b>",
          quarantined: 300,
          reasons: [
            { outcome: "quarantined", reason: "frozen", count: 100 },
            { outcome: "quarantined", reason: "teleport", count: 200 },
            { outcome: "applied", reason: "stale", count: 900 },
          ],
        }),
      ],
      areas: [area({ event_time_ms: NOW - 700_000 })],
    };
    const lost = region({ feeds: [feed()] }, { id: "t", state: "lost", lagMs: undefined });
    return troublesOf(sight([region(objects), lost], { map: picture({ links: [link()] }) }));
  };

  it("fills every place of every text, in every language", () => {
    for (const language of Object.keys(LANGUAGES).filter(isLanguage)) {
      const words = wording(new Speech(language));
      for (const trouble of everything()) {
        const { title, note, figures } = told(words, trouble);
        const facts = [...figures, ...reasons(words, trouble)].flatMap(([name, value]) => [
          name,
          value,
        ]);
        const where = trouble.kind === "region" ? title : whereText(words, trouble);
        const all = [title, note, where, ...facts];
        expect(all.filter((text) => text === "" || /\{\w+\}/.test(text))).toEqual([]);
      }
    }
  });

  it("names the street, the figures with units, and the top reasons", () => {
    const words = wording(english);
    const by = (id: string): Trouble => {
      const found = everything().find((trouble) => trouble.id === id);
      if (found === undefined) throw new Error(id);
      return found;
    };
    const plain = (facts: readonly Fact[]): string =>
      facts.map(([name, value]) => `${name} ${value}`.replaceAll("\u00a0", " ")).join("; ");
    const jam = told(words, by("queue:r/q"));
    expect(jam.title).toBe("Queue: Kehä I");
    expect(plain(jam.figures)).toContain("Length 500 m; Lost time 2 min; Trend steady");
    expect(plain(jam.figures)).toContain("4 kg/h (0.9–7.1) more than at free flow");
    expect(told(words, by("queue:r/q2")).title).toBe("Queue");
    const lying = told(words, by("feed:r/hfp#records"));
    expect(lying.note.replaceAll("\u00a0", " ")).toBe(
      "30 % of its records are rejected or in quarantine",
    );
    expect(plain(lying.figures)).toMatch(/^quarantined: jumped too far 200 \(20 %\); quarantined:/);
    expect(plain(reasons(words, by("feed:r/hfp")))).toContain("Error <b>403</b>; received 1,000");
    // The server speaks English; what the page says has the language of the page.
    const inEnglish = reasons(words, by("feed:r/hfp")).filter(
      ([, , language]) => language === "en",
    );
    expect(inEnglish.map(([name]) => name)).toEqual(["Error"]);
    const slow = told(words, by("link:r/l"));
    expect(plain(slow.figures)).toContain("5 min mean 12 km/h (10–14)");
  });

  it("is calm only about what is known", () => {
    const summary = (
      regions: readonly RegionOverview[],
      city?: City,
      count?: string,
    ): [string, string] => {
      const filter = { kinds: new Set<never>(), city };
      const { headline, notKnown } = summaryOf(say, regions, CITIES, filter, {
        count,
        time: "12:00",
      });
      return [headline, notKnown];
    };
    const live = region({});
    const lost = region({}, { id: "t", state: "lost", lagMs: undefined });
    const waits = region({}, { id: "t", state: "connecting", lagMs: undefined });
    expect(summary([live])).toEqual(["Nothing is known to be wrong. As of 12:00.", ""]);
    expect(summary([live, lost])).toEqual([
      "Nothing is known to be wrong in Helsinki. As of 12:00.",
      "Nothing is known now of Turku: not in this picture, or no connection.",
    ]);
    expect(summary([live, lost], TURKU)[0]).toMatch(/^Nothing can be said/);
    expect(summary([lost], undefined, "3")).toEqual([
      "Last known: 3, worst first. No connection now.",
      "Nothing is known now of Turku: not in this picture, or no connection.",
    ]);
    expect(summary([waits])[0]).toMatch(/^Waiting/);
    expect(summary([live], HELSINKI)[0]).toMatch(/^Nothing that you chose/);
    expect(regionName(CITIES, "nowhere")).toBe("nowhere");
  });

  it("tells news of what is severe once, and not what a region begins with", () => {
    const news = new News();
    const known = new Set(["r"]);
    const severe = (id: string): Trouble[] =>
      troublesOf(sight([region({ queues: [queue({ id, length_m: 5_000 })] })]));
    expect(news.of(severe("first"), known)).toEqual([]);
    expect(ids(news.of(severe("new"), known))).toEqual(["queue:r/new"]);
    expect(news.of(severe("new"), known)).toEqual([]);
    expect(news.of([], known)).toEqual([]);
    expect(news.of(severe("new"), known)).toEqual([]);
    expect(news.of(troublesOf(sight([region({ queues: [queue()] })])), known)).toEqual([]);
  });
});

describe("names of streets", () => {
  it("are asked for together, once, and not too often", async () => {
    const paths: string[] = [];
    let nowMs = 0;
    const load = (path: string): Promise<unknown> => {
      paths.push(path);
      const objects = [{ id: "a", name: "Kehä I", class: "trunk" }, { id: 7 }, null];
      return Promise.resolve({ objects });
    };
    const names = new Lookup(STREET_NAMES, load, () => nowMs);
    await names.want("r", ["a", "a", "b/c"]);
    await names.want("r", ["a", "b/c"]);
    await names.want("r", ["d"]);
    expect(paths).toEqual(["v1/regions/r/links?ids=a,b%2Fc&fields=name,class&limit=50"]);
    expect(names.get("r", "a")?.name).toBe("Kehä I");
    expect(names.get("r", "b/c")).toBeUndefined();
    await names.want("t", ["a"]);
    nowMs = 2_000;
    await names.want("r", ["a", "b/c", "d"]);
    expect(paths).toHaveLength(3);
  });
});
