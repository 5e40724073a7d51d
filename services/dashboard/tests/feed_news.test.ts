/** What is told of feeds to who does not see them: little, and nothing twice. */

import { describe, expect, it } from "vitest";
import { Speech } from "../src/i18n";
import { FeedNews, newsText } from "../src/panels/feeds/news";
import type { FeedState } from "../src/stream/feed_state";

const english = new Speech("en");

function all(state: FeedState, count = 2): Map<string, FeedState> {
  return new Map(Array.from({ length: count }, (_, index) => [`f${index}`, state]));
}

describe("what is told of feeds", () => {
  it("is what has changed, once", () => {
    const news = new FeedNews();
    expect(news.of(all("live"))).toEqual([]);
    const one = new Map([...all("live"), ["f1", "down"]]) as Map<string, FeedState>;
    expect(news.of(one)).toEqual([["f1", "down"]]);
    expect(news.of(one)).toEqual([]);
    expect(news.of(new Map([["new", "live"]]))).toEqual([]);
  });

  it("is nothing of a connection that is lost and comes back, but what has changed meanwhile", () => {
    const news = new FeedNews();
    news.of(all("unknown"));
    expect(news.of(all("live"))).toEqual([]);
    expect(news.of(all("unknown"))).toEqual([]);
    expect(news.of(all("live"))).toEqual([]);
    news.of(all("unknown"));
    expect(news.of(all("down", 1))).toEqual([["f0", "down"]]);
  });

  it("is one sentence, however many change at once", () => {
    const news = new FeedNews();
    news.of(all("live", 12));
    expect(newsText(english, news.of(all("stale", 12)))).toBe(
      "Feed f0: silent; Feed f1: silent; Feed f2: silent; and 9 other feeds",
    );
    expect(newsText(english, [])).toBe("");
  });
});
