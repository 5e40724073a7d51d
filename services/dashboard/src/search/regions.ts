/** What a region is called: by its cities, the server gives it no name here. Pure. */

import type { Language } from "../i18n";
import { LANGUAGES } from "../i18n";
import type { City } from "../settings";

export function citiesNames(language: Language, cities: readonly City[], region: string): string {
  const names = cities.filter((city) => city.region === region).map(({ name }) => name);
  return new Intl.ListFormat(LANGUAGES[language].locale).format(names);
}
