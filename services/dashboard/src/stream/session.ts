/** All that is known of one source: its live picture, and what is asked for beside it. */

import type { Changes, Problem } from "tilanne-client";
import { Timelines } from "../emission/timeline";
import { Explanations } from "../explanations";
import { FeedLabels } from "../feed_labels";
import { Cadence } from "./cadence";
import { LivePicture } from "./live";
import { Overview } from "./overview";
import { Source } from "./source";

export interface SessionEvents {
  changed(changes: Changes): void;
  /** The connection is there, or gone. */
  connected(): void;
  problem(problem: Problem): void;
  /** Something that was asked for beside the stream has come. */
  answered(): void;
}

export interface SessionOptions {
  readonly regions: readonly string[];
  readonly subscriptionsMax: number;
}

export class Session {
  readonly source: Source;
  readonly live: LivePicture;
  readonly cadence = new Cadence();
  readonly overview: Overview;
  readonly labels: FeedLabels;
  readonly explanations: Explanations;
  readonly timelines = new Timelines();
  private timelinesOf: string | undefined;

  /** @param url the folder that the picture is served in */
  constructor(
    url: string,
    { regions, subscriptionsMax }: SessionOptions,
    private readonly events: SessionEvents,
  ) {
    const monotonicMs = (): number => performance.now();
    this.source = new Source(url);
    const listener = {
      changed: (changes: Changes) => this.changed(changes),
      connection: () => {
        // Silence in between was ours, not the feeds'.
        this.cadence.resume();
        events.connected();
      },
      problem: (problem: Problem) => events.problem(problem),
      looked: () => events.answered(),
    };
    this.live = new LivePicture(url, listener, { subscriptionsMax });
    this.overview = new Overview(url, regions, subscriptionsMax, this.cadence);
    this.labels = new FeedLabels(() => this.source.get("v1/feeds"), monotonicMs);
    const get = (path: string): Promise<unknown> => this.source.get(path);
    this.explanations = new Explanations(get, monotonicMs, () => events.answered());
  }

  /** The server's time; `undefined` before its first message. */
  get nowMs(): number | undefined {
    return this.live.clock.nowMs();
  }

  /** @param area the area whose minutes are kept before those of others */
  keepMinutes({ updated }: Changes, area: string | undefined): void {
    const { region } = this.live.picture;
    if (this.timelinesOf !== region) this.timelines.clear();
    this.timelinesOf = region;
    for (const emission of updated.area_emissions) this.timelines.observe(emission, area);
  }

  /** Another one is looked at: little is asked for until this one is again. */
  rest(): void {
    this.live.rest();
    this.overview.follow(false);
  }

  /** Its picture stands at a moment, as that of a replay. */
  stand(timeMs: number): void {
    this.live.stand(timeMs);
  }

  close(): void {
    this.live.close();
    this.overview.close();
  }

  private changed(changes: Changes): void {
    for (const { id, last_received_ms } of changes.updated.feeds) {
      if (typeof last_received_ms === "number") this.cadence.observe(id, last_received_ms);
    }
    this.events.changed(changes);
  }
}
