/** What a panel may do with replays. */

import type { Source } from "../stream/source";
import type { ComparisonKind } from "./comparison";
import type { Extent } from "./extent";

export interface ReplayControl {
  /** The server's root, where replays are run: the page may itself be served by one. */
  readonly root: Source;
  /** Id of the replay that the page shows. */
  readonly followed: string | undefined;
  /** Of which times the region that is looked at can be shown. */
  readonly extent: Extent | undefined;
  /** Shows a replay on the map, and what it is compared with. */
  show(id: string, kind?: ComparisonKind): void;
  /** Back to the present. */
  end(): void;
}
