/** What the page follows: the part of the picture that its map and panels show. */

import type {
  Box,
  Changes,
  Layer,
  Problem,
  Selection,
  ServerClock,
  Subscription,
  Vehicle,
} from "tilanne-client";
import { Client, LAYERS, Picture } from "tilanne-client";
import type { ClientOptions } from "tilanne-client";
import { VEHICLE_FIELDS } from "./vehicle_fields";

/** What is followed of a picture that nobody looks at: its time and the beats of its feeds. */
const RESTING: readonly Layer[] = ["feeds"];

/** `connecting` before the first picture, `live` with one, `lost` when the connection broke. */
export type LiveState = "connecting" | "live" | "lost";

export interface LiveListener {
  changed(changes: Changes): void;
  connection(state: LiveState): void;
  problem(problem: Problem): void;
  /** More is known of the vehicle that is looked at. */
  looked(): void;
}

export interface LiveOptions extends ClientOptions {
  /** Subscriptions that the server allows a connection: with one alone, vehicles come whole. */
  readonly subscriptionsMax?: number;
}

export class LivePicture {
  private readonly client: Client;
  private readonly nothing = new Picture();
  private subscription: Subscription | undefined;
  /** Of the vehicle that is looked at. */
  private whole: Subscription | undefined;
  private readonly inPart: boolean;

  constructor(
    url: string,
    private readonly listener: LiveListener,
    { subscriptionsMax = 2, ...options }: LiveOptions = {},
  ) {
    this.client = new Client(url, options);
    this.inPart = subscriptionsMax > 1;
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
    const hasParts = this.inPart && layers.includes("vehicles");
    const fields = hasParts ? { fields: { vehicles: VEHICLE_FIELDS } } : {};
    const selection = { region, layers, bbox, ...fields };
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

  /** Asks for all of a vehicle, beside what is shown of every one; without an id no longer. */
  look(region: string, id: string | undefined): void {
    if (!this.inPart) return;
    if (id === undefined) {
      this.whole?.close();
      this.whole = undefined;
      return;
    }
    const before = this.whole?.selection;
    if (before?.region === region && before.ids?.[0] === id) return;
    const selection = { region, layers: ["vehicles"], ids: [id] } as const;
    if (this.whole !== undefined) {
      this.whole.move(selection);
      return;
    }
    this.whole = this.client.subscribe(selection, { changed: () => this.listener.looked() });
  }

  /** All of the vehicle that is looked at; nothing before it has come. */
  vehicle(id: string): Vehicle | undefined {
    const picture = this.inPart ? this.whole?.picture : this.picture;
    return picture?.layer("vehicles").get(id);
  }

  /** Asks for nothing more than how the feeds are, while another picture is looked at. */
  rest(): void {
    const { shown } = this;
    if (shown !== undefined) this.look(shown.region, undefined);
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
