/** What is said around every table that has pages. */

import { texts } from "../i18n";

export const TEXTS = texts({
  en: {
    refresh: "Refresh",
    newest: "Newest",
    newer: "Newer",
    older: "Older",
    asking: "Asking the server …",
    asked: "Asked at {time}.",
    asked_again: "Asked at {time}, again every 30 s.",
    none_older: "No older ones.",
    again: "Trying again in 30 s.",
    kept: "Below is what was there at {time}.",
  },
  fi: {
    refresh: "Päivitä",
    newest: "Uusimmat",
    newer: "Uudemmat",
    older: "Vanhemmat",
    asking: "Kysytään palvelimelta …",
    asked: "Kysytty kello {time}.",
    asked_again: "Kysytty kello {time}, kysytään 30 sekunnin välein.",
    none_older: "Vanhempia ei ole.",
    again: "Uusi yritys 30 sekunnin kuluttua.",
    kept: "Alla on tilanne kello {time}.",
  },
  sv: {
    refresh: "Uppdatera",
    newest: "Senaste",
    newer: "Nyare",
    older: "Äldre",
    asking: "Frågar servern …",
    asked: "Frågat klockan {time}.",
    asked_again: "Frågat klockan {time}, frågas var 30:e sekund.",
    none_older: "Det finns inga äldre.",
    again: "Nytt försök om 30 sekunder.",
    kept: "Nedan visas läget klockan {time}.",
  },
});
