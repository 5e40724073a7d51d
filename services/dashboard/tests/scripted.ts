/** A live picture whose server is scripted, as in the tests of the client library. */

import { World as ClientWorld } from "../../clients/typescript/tests/scripted";
import { LivePicture } from "../src/stream/live";

export { delta, snapshot, vehicle } from "../../clients/typescript/tests/scripted";

export class World extends ClientWorld {
  readonly live = new LivePicture(
    "http://tilanne.example",
    {
      changed: (changes) => this.changes.push(changes),
      connection: (state) => this.states.push(state),
      problem: ({ title }) => this.problems.push(title),
    },
    { surroundings: this.surroundings },
  );
}
