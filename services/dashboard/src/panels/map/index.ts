/** The map as a panel of a board. There is one map: it moves here from its own view and back. */

import type { Panel } from "../panel";

export const mapPanel: Panel = {
  id: "map",
  title: (speech) => speech.say("view.map"),
  place: "page",
  opensAtStart: true,
  size: "wide",
  mount(body, context) {
    body.append(context().stage);
    return () => undefined;
  },
};
