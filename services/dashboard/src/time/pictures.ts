/** The pictures of the page: its own, and that of a replay which may be looked at in its place. */

import type { Settings } from "../settings";
import type { SessionEvents, SessionOptions } from "../stream/session";
import { Session } from "../stream/session";
import { Source } from "../stream/source";
import { servedBy } from "./replay";

export class Pictures {
  /** The page's own; while another one is looked at, it rests. */
  readonly own: Session;
  /** The one that is looked at. */
  shown: Session;
  /** The server's own picture, whatever the page is served by. */
  readonly root: Source;
  /** The replay that serves the page itself, when one does. */
  readonly servedBy: string | undefined;
  private readonly options: SessionOptions;

  /**
   * @param url the folder that the page's own picture is served in
   * @param events of the picture that is looked at
   */
  constructor(
    url: string,
    { cities, subscriptionsMax }: Settings,
    private readonly events: SessionEvents,
  ) {
    const regions = [...new Set(cities.map(({ region }) => region))];
    this.options = { regions, subscriptionsMax };
    const { root, replay } = servedBy(url);
    this.root = new Source(root);
    this.servedBy = replay;
    this.own = this.shown = this.openShown(url);
  }

  /** Opens another one, beside that of the page. */
  open(url: string, events: SessionEvents): Session {
    return new Session(url, this.options, events);
  }

  /** Looks at that below an address, or at the page's own. */
  follow(url: string | undefined): void {
    const before = this.shown;
    this.shown = url === undefined ? this.own : this.openShown(url);
    if (before !== this.own) before.close();
    else if (this.shown !== this.own) this.own.rest();
  }

  /** What still comes of one that is no longer looked at is left out. */
  private openShown(url: string): Session {
    const { events } = this;
    const ifShown = (what: () => void): void => {
      if (session === this.shown) what();
    };
    const session: Session = this.open(url, {
      changed: (changes) => ifShown(() => events.changed(changes)),
      connected: () => ifShown(() => events.connected()),
      problem: (problem) => ifShown(() => events.problem(problem)),
      answered: () => ifShown(() => events.answered()),
    });
    return session;
  }
}
