/** What the search box says before anything is loaded. */

import { texts } from "../i18n";

export const BOX_TEXTS = texts({
  en: {
    label: "Search",
    placeholder: "Search streets, lines, stops, vehicles …",
    clear: "Clear the search",
    not_loaded: "The search could not be loaded. Try again in a moment.",
  },
  fi: {
    label: "Haku",
    placeholder: "Hae katua, linjaa, pysäkkiä, ajoneuvoa …",
    clear: "Tyhjennä haku",
    not_loaded: "Hakua ei voitu ladata. Yritä hetken kuluttua uudelleen.",
  },
  sv: {
    label: "Sök",
    placeholder: "Sök gata, linje, hållplats, fordon …",
    clear: "Töm sökningen",
    not_loaded: "Sökningen kunde inte laddas. Försök igen om en stund.",
  },
});
