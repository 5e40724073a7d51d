/** A live picture whose server is scripted, as in the tests of the client library. */

import type { Problem } from "tilanne-client";
import { World as ClientWorld } from "../../clients/typescript/tests/scripted";
import type { LiveOptions } from "../src/stream/live";
import { LivePicture } from "../src/stream/live";

export { delta, snapshot, vehicle } from "../../clients/typescript/tests/scripted";

export class World extends ClientWorld {
  /** How often more of the vehicle that is looked at came. */
  looks = 0;
  readonly live: LivePicture;

  /** @param refused told of what the server refuses */
  constructor(options: LiveOptions = {}, refused?: (problem: Problem) => void) {
    super();
    this.live = new LivePicture(
      "http://tilanne.example",
      {
        changed: (changes) => this.changes.push(changes),
        connection: (state) => this.states.push(state),
        problem: (problem) => {
          this.problems.push(problem.title);
          refused?.(problem);
        },
        looked: () => {
          this.looks += 1;
        },
      },
      { surroundings: this.surroundings, ...options },
    );
  }
}
