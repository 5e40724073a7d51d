/** The page's one subscription: the part of the picture that its map and panels show. */

import type {
  Box,
  Changes,
  Layer,
  Problem,
  Selection,
  ServerClock,
  Subscription,
} from "tilanne-client";
import { Client, LAYERS, Picture } from "tilanne-client";
import type { ClientOptions } from "tilanne-client";

/** What is followed of a picture that nobody looks at: its time and the beats of its feeds. */
const RESTING: readonly Layer[] = ["feeds"];

/** `connecting` before the first picture, `live` with one, `lost` when the connection broke. */
export type LiveState = "connecting" | "live" | "lost";

export interface LiveListener {
  changed(changes: Changes): void;
  connection(state: LiveState): void;
  problem(problem: Problem): void;
}

export class LivePicture {
  private readonly client: Client;
  private readonly nothing = new Picture();
  private subscription: Subscription | undefined;

  constructor(
    url: string,
    private readonly listener: LiveListener,
    options: ClientOptions = {},
  ) {
    this.client = new Client(url, options);
  }

  get clock(): ServerClock {
    return this.client.clock;
  }

  get picture(): Picture {
    return this.subscription?.picture ?? this.nothing;
  }

  get state(): LiveState {
    const state = this.subscription?.state;
    return state === "live" || state === "lost" ? state : "connecting";
  }

  /** What was asked for last, as far as it was not refused. */
  get shown(): Readonly<Selection> | undefined {
    return this.subscription?.selection;
  }

  /** What to show. The first call connects. */
  show(region: string, bbox: Box, layers: readonly Layer[] = LAYERS): void {
    const selection = { region, layers, bbox };
    if (this.subscription !== undefined) {
      this.subscription.move(selection);
      return;
    }
    this.subscription = this.client.subscribe(selection, {
      changed: (changes) => this.listener.changed(changes),
      state: () => this.listener.connection(this.state),
      problem: (problem) => this.listener.problem(problem),
    });
  }

  /** Asks for nothing more than how the feeds are, while another picture is looked at. */
  rest(): void {
    const { shown } = this;
    if (shown?.bbox !== undefined) this.show(shown.region, shown.bbox, RESTING);
  }

  /** The picture stands at a moment: it comes no more, so that it cannot tell. */
  stand(timeMs: number): void {
    this.client.clock.follow(timeMs);
  }

  /** Ends the connection; the picture stays as it is. */
  close(): void {
    this.client.close();
  }
}
