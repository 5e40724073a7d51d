/**
 * What is known of every region at once: its cities, queues, traffic messages and feeds. The map's
 * own subscription is of one region and of what is in view; this one is small, and is followed only
 * while a panel shows it.
 */

import type { Layer, Picture } from "tilanne-client";
import { Client, Picture as EmptyPicture } from "tilanne-client";
import type { Subscription } from "tilanne-client";
import type { Cadence } from "./cadence";

const LAYERS: readonly Layer[] = ["areas", "area_emissions", "queues", "situations", "feeds"];
/** Of areas only these; what has no kind is no area. */
const FILTER = "kind IS NULL OR kind IN ('region', 'city')";

/** What is known of one region. */
export interface RegionOverview {
  readonly id: string;
  readonly picture: Picture;
  /** `refused`: the server does not serve it, as a replay of other regions. */
  readonly state: "connecting" | "live" | "lost" | "refused";
  /** Age of the newest message, ms. */
  readonly lagMs: number | undefined;
}

export class Overview {
  private readonly nothing = new EmptyPicture();
  private clients: Client[] = [];
  private subscriptions = new Map<string, { subscription: Subscription; client: Client }>();

  /**
   * @param subscriptionsMax subscriptions that the server allows a connection
   * @param cadence is told when records of feeds came
   */
  constructor(
    private readonly url: string,
    private readonly regions: readonly string[],
    private readonly subscriptionsMax: number,
    private readonly cadence: Cadence,
  ) {}

  /** Begins or ends to follow. */
  follow(wanted: boolean): void {
    if (wanted === this.clients.length > 0) return;
    if (wanted) this.open();
    else this.close();
  }

  close(): void {
    for (const client of this.clients) client.close();
    this.clients = [];
    this.subscriptions.clear();
  }

  /** All regions, in the server's order. */
  all(): readonly RegionOverview[] {
    return this.regions.map((id) => {
      const followed = this.subscriptions.get(id);
      if (followed === undefined) {
        return { id, picture: this.nothing, state: "connecting", lagMs: undefined };
      }
      const { subscription, client } = followed;
      const { picture, state } = subscription;
      const lagMs = state === "live" ? client.clock.lagMs() : undefined;
      return { id, picture, state: state === "closed" ? "lost" : state, lagMs };
    });
  }

  private open(): void {
    // Nobody listened meanwhile: that silence was ours.
    this.cadence.resume();
    for (let first = 0; first < this.regions.length; first += this.subscriptionsMax) {
      // Silence while a connection was lost was ours, too.
      const client = new Client(this.url, { connection: () => this.cadence.resume() });
      this.clients.push(client);
      for (const region of this.regions.slice(first, first + this.subscriptionsMax)) {
        const selection = { region, layers: LAYERS, filter: FILTER };
        const subscription = client.subscribe(selection, {
          changed: ({ updated }) => {
            for (const { id, last_received_ms } of updated.feeds) {
              if (typeof last_received_ms === "number") this.cadence.observe(id, last_received_ms);
            }
          },
        });
        this.subscriptions.set(region, { subscription, client });
      }
    }
  }
}
