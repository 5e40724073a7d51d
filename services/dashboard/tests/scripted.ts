/** A live picture whose server is scripted, as in the tests of the client library. */

import { World as ClientWorld } from "../../clients/typescript/tests/scripted";
import type { LiveOptions } from "../src/stream/live";
import { LivePicture } from "../src/stream/live";

export { delta, snapshot, vehicle } from "../../clients/typescript/tests/scripted";

export class World extends ClientWorld {
  /** How often more of the vehicle that is looked at came. */
  looks = 0;
  readonly live: LivePicture;

  constructor(options: LiveOptions = {}) {
    super();
    this.live = new LivePicture(
      "http://tilanne.example",
      {
        changed: (changes) => this.changes.push(changes),
        connection: (state) => this.states.push(state),
        problem: ({ title }) => this.problems.push(title),
        looked: () => {
          this.looks += 1;
        },
      },
      { surroundings: this.surroundings, ...options },
    );
  }
}
