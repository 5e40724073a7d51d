/**
 * A publisher over HTTP, of GTFS-Realtime in protobuf and of cars in JSON, which can fall silent and
 * come back.
 */

import type { IncomingMessage, Server as Listener, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import protobuf from "protobufjs";
import { Cars } from "./cars";
import type { Fleet, Vehicle } from "./fleet";
import { REPOSITORY } from "./server";

/** A service alert: a text without a place. */
export interface Alert {
  id: string;
  title: string;
  description: string;
}

const MESSAGE = protobuf
  .loadSync(join(REPOSITORY, "proto/gtfs_realtime.proto"))
  .lookupType("transit_realtime.FeedMessage");

export class Feed {
  alerts: readonly Alert[] = [];
  private listener: Listener | undefined;
  private port = 0;

  /** @param published what there is, by the path that it is asked for under */
  constructor(private readonly published: ReadonlyMap<string, Fleet | Cars>) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Answers, on the port that it had before. */
  async start(): Promise<void> {
    const listener = createServer((request, response) => this.answer(request, response));
    this.listener = listener;
    await new Promise<void>((done) => listener.listen(this.port, "127.0.0.1", done));
    this.port = (listener.address() as AddressInfo).port;
  }

  /** Is gone: connections to it are refused. */
  async stop(): Promise<void> {
    const { listener } = this;
    this.listener = undefined;
    if (listener === undefined) return;
    const closed = new Promise((done) => listener.close(done));
    listener.closeAllConnections();
    await closed;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const fleet = this.published.get(decodeURI(request.url ?? ""));
    if (fleet === undefined) {
      response.writeHead(404).end();
      return;
    }
    if (fleet instanceof Cars) {
      response.writeHead(200, { "Content-Type": "application/x-ndjson" });
      response.end(fleet.reports(Math.floor(Date.now() / 1_000)));
      return;
    }
    const alerts = this.alerts.map(alertEntity);
    const message = MESSAGE.fromObject({
      header: { gtfsRealtimeVersion: "2.0", timestamp: Math.floor(Date.now() / 1_000) },
      entity: [...fleet.vehicles().map(vehicleEntity), ...alerts],
    });
    response.writeHead(200, { "Content-Type": "application/x-protobuf" });
    response.end(MESSAGE.encode(message).finish());
  }
}

function vehicleEntity(vehicle: Vehicle): object {
  const { id, label, route, timeS, bearing_deg, speed_m_s } = vehicle;
  return {
    id,
    vehicle: {
      vehicle: { id, label },
      trip: { routeId: route },
      position: {
        latitude: vehicle.latitude_deg,
        longitude: vehicle.longitude_deg,
        bearing: bearing_deg,
        speed: speed_m_s,
      },
      timestamp: timeS,
    },
  };
}

function alertEntity({ id, title, description }: Alert): object {
  const text = (text: string): object => ({ translation: [{ text, language: "en" }] });
  return { id, alert: { headerText: text(title), descriptionText: text(description) } };
}
