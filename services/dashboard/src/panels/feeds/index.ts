/** The feeds of the region: which live, which fell silent, and what became of all they sent. */

import { element } from "../../dom";
import type { Panel } from "../panel";
import { FeedNews, newsText } from "./news";
import { FeedRow } from "./row";
import type { FeedState } from "../../stream/feed_state";
import { feedState } from "../../stream/feed_state";

export const feedsPanel: Panel = {
  id: "feeds",
  title: (speech) => speech.say("feeds.title"),
  place: "side",
  size: "third",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const none = element("p", { class: "quiet" }, speech.say("feeds.none"));
    const list = element("ul", { class: "feeds" });
    body.append(none, list);
    const rows = new Map<string, FeedRow>();
    const news = new FeedNews();
    return () => {
      const { picture, cadence, labels, connection, nowMs, announce } = context();
      const feeds = [...picture.layer("feeds").values()];
      feeds.sort((a, b) => (a.id < b.id ? -1 : 1));
      none.hidden = feeds.length > 0;
      for (const [id, row] of rows) {
        if (picture.layer("feeds").has(id)) continue;
        row.node.remove();
        rows.delete(id);
      }
      const states = new Map<string, FeedState>();
      for (const [index, feed] of feeds.entries()) {
        const row = rows.get(feed.id) ?? new FeedRow(speech, feed.id);
        rows.set(feed.id, row);
        if (list.children[index] !== row.node)
          list.insertBefore(row.node, list.children[index] ?? null);
        const state = feedState(feed, nowMs, cadence, connection === "live");
        states.set(feed.id, state);
        row.update(feed, labels.get(feed.id), state, nowMs ?? feed.status_time_ms);
      }
      const told = newsText(speech, news.of(states));
      if (told !== "") announce(told);
    };
  },
};
