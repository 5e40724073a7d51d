/** The network between browser and server, which can be cut, held and healed. */

import type { AddressInfo, Server as Listener, Socket } from "node:net";
import { connect, createServer } from "node:net";

interface Link {
  client: Socket;
  server: Socket | undefined;
  stranded: boolean;
}

export class Proxy {
  private readonly listener: Listener;
  private readonly links = new Set<Link>();
  private state: "healthy" | "cut" | "held" = "healthy";

  /** @param target the server's port, asked for at each connection: it may not run yet */
  constructor(private readonly target: () => number) {
    this.listener = createServer({ pauseOnConnect: true }, (client) => this.accept(client));
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  async open(): Promise<void> {
    await new Promise<void>((done) => this.listener.listen(0, "127.0.0.1", done));
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((done) => this.listener.close(done));
  }

  /** Breaks every connection and lets no new one live. */
  cut(): void {
    this.state = "cut";
    for (const link of this.links) this.drop(link);
  }

  /** Passes nothing on and says nothing of it, as a network does that loses every packet. */
  hold(): void {
    this.state = "held";
    for (const { client, server } of this.links) {
      client.unpipe().pause();
      server?.unpipe().pause();
    }
  }

  /**
   * Forgets the connections that there are, as a router does after a while: they stay open and pass
   * nothing, ever. New ones are fine.
   */
  strand(): void {
    this.hold();
    this.state = "healthy";
    for (const link of this.links) link.stranded = true;
  }

  /** Passes everything again; what was held arrives late. */
  heal(): void {
    this.state = "healthy";
    for (const link of this.links) if (!link.stranded) this.join(link);
  }

  private accept(client: Socket): void {
    if (this.state === "cut") {
      client.destroy();
      return;
    }
    const link: Link = { client, server: undefined, stranded: false };
    this.links.add(link);
    this.watch(client, link);
    if (this.state === "healthy") this.join(link);
  }

  private join(link: Link): void {
    if (link.server === undefined) {
      link.server = connect(this.target(), "127.0.0.1");
      this.watch(link.server, link);
    }
    link.client.pipe(link.server);
    link.server.pipe(link.client);
  }

  private watch(socket: Socket, link: Link): void {
    // A close follows every error.
    socket.on("error", () => undefined);
    socket.on("close", () => this.drop(link));
  }

  private drop(link: Link): void {
    this.links.delete(link);
    link.client.destroy();
    link.server?.destroy();
  }
}
