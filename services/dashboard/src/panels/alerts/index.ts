/** What has been wrong: told when it had lasted, and when it was over. */

import type { Say } from "../../i18n";
import { PagedTable, pagedWords } from "../paged";
import type { Panel } from "../panel";
import { alertsPath, parseAlerts } from "./alerts";
import { AlertRow } from "./row";
import { TEXTS } from "./texts";

type Words = Say<keyof (typeof TEXTS)["en"]>;

/** Columns of the table, by the names of their heads. */
const HEADS = ["told", "what", "of_what", "how_bad", "since", "on_map"] as const;

export const alertsPanel: Panel = {
  id: "alerts",
  title: (speech) => speech.of(TEXTS)("title"),
  place: "page",
  size: "full",
  opensAtStart: true,
  mount(body, context) {
    const { speech } = context();
    const say: Words = speech.of(TEXTS);
    const table = new PagedTable(body, context, {
      words: pagedWords(say, (page) => (page > 1 ? undefined : say("none"))),
      heads: HEADS.map((key) => say(key)),
      testId: "alerts-state",
      parse: parseAlerts,
      listed: ({ alerts }) => alerts,
      row: (alert) =>
        new AlertRow(speech, alert, ({ object_id, place }) => {
          context().showOnMap({ layer: "queues", id: object_id }, place);
        }),
    });
    return () => {
      const { source, city } = context();
      table.want(source, alertsPath(city.region));
    };
  },
};
