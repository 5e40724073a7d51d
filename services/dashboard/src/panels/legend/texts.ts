/** What the legend says of symbols that only it explains. */

import { texts } from "../../i18n";

export const TEXTS = texts({
  en: {
    width: "Wider: more vehicles, and main streets. Paler: the speed is less certain.",
    closed: "closed to all traffic, nobody seen on it",
    inferred_note: "Thin: worked out, not seen. A street is never full without a sighting.",
    mode: "Vehicle: means of transport",
    punctuality: "Vehicle: punctuality",
    early: "more than 1 min early",
    on_time: "on time, up to 3 min late",
    late: "3 to 10 min late",
    very_late: "more than 10 min late",
    unknown: "timetable not known",
    traces: "where vehicles drove while this page was open",
    weather: "Road weather station: road surface",
    weather_note:
      "The number is the temperature of the road, °C. Filled: slippery. Broken frame and “?”: no current value or a fault.",
    doubted: "no current value, or a fault",
    areas: "Areas",
    cell: "grid cell, as the streets; fainter where little is seen",
    district: "boundary of a district",
    city: "boundary of a city",
    areas_note:
      "Districts and cities are filled faintly until zoomed in; while grid cells are shown, only their boundaries are.",
  },
  fi: {
    width: "Leveämpi: enemmän ajoneuvoja, ja pääkadut. Vaaleampi: nopeus on epävarmempi.",
    closed: "suljettu kaikelta liikenteeltä, ketään ei nähty",
    inferred_note: "Ohut: päätelty, ei nähty. Ilman havaintoa katu ei koskaan ole täysleveä.",
    mode: "Ajoneuvo: kulkumuoto",
    punctuality: "Ajoneuvo: täsmällisyys",
    early: "yli 1 min etuajassa",
    on_time: "aikataulussa, enintään 3 min myöhässä",
    late: "3–10 min myöhässä",
    very_late: "yli 10 min myöhässä",
    unknown: "aikataulu ei tiedossa",
    traces: "missä ajoneuvot ovat kulkeneet tämän sivun ollessa auki",
    weather: "Tiesääasema: tienpinta",
    weather_note:
      "Luku on tien lämpötila, °C. Täytetty: liukas. Katkonainen kehys ja ”?”: ei ajantasaista arvoa tai vika.",
    doubted: "ei ajantasaista arvoa tai vika",
    areas: "Alueet",
    cell: "ruutu, väri kuin kaduilla; himmeämpi, kun vain vähän on nähty",
    district: "kaupunginosan raja",
    city: "kaupungin raja",
    areas_note:
      "Kaupunginosat ja kaupungit täytetään himmeästi, kunnes karttaa lähennetään; kun ruudut ovat näkyvissä, alueista näkyy vain raja.",
  },
  sv: {
    width: "Bredare: fler fordon, och huvudgator. Blekare: hastigheten är mindre säker.",
    closed: "avstängd för all trafik, ingen sedd där",
    inferred_note: "Tunn: härledd, inte observerad. Utan observation är en gata aldrig fullbred.",
    mode: "Fordon: färdmedel",
    punctuality: "Fordon: punktlighet",
    early: "mer än 1 min före tidtabell",
    on_time: "i tid, högst 3 min försenad",
    late: "3–10 min försenad",
    very_late: "mer än 10 min försenad",
    unknown: "tidtabellen inte känd",
    traces: "där fordon har kört medan sidan varit öppen",
    weather: "Vägväderstation: väglag",
    weather_note:
      "Talet är vägens temperatur, °C. Fylld: halt. Streckad ram och ”?”: inget aktuellt värde eller ett fel.",
    doubted: "inget aktuellt värde eller ett fel",
    areas: "Områden",
    cell: "ruta, färg som gatorna; svagare där lite är observerat",
    district: "gräns för en stadsdel",
    city: "gräns för en stad",
    areas_note:
      "Stadsdelar och städer fylls svagt tills man zoomar in; när rutorna visas syns bara deras gränser.",
  },
});
