/** What the key says of vehicles. */

import { texts } from "../../i18n";

export const TEXTS = texts({
  en: {
    vehicles: "Vehicles show",
    mode: "means of transport",
    punctuality: "punctuality",
    late: "Minutes behind the timetable",
  },
  fi: {
    vehicles: "Ajoneuvojen väri näyttää",
    mode: "kulkumuoto",
    punctuality: "täsmällisyys",
    late: "Minuuttia aikataulusta jäljessä",
  },
  sv: {
    vehicles: "Fordonens färg visar",
    mode: "färdmedel",
    punctuality: "punktlighet",
    late: "Minuter efter tidtabellen",
  },
});
