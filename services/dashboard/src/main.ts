/** Start of the page: asks the server what there is, then shows it. */

import { waitBeforeTryMs } from "tilanne-client";
import { App } from "./app";
import { element } from "./dom";
import type { Language } from "./i18n";
import { Speech, isLanguage, preferredLanguage } from "./i18n";
import { loadSettings } from "./settings";
import { Source, folder } from "./stream/source";
import { recall } from "./shell/memory";
import "./styles/index.css";

/** The reader's choice, else the browser's, as far as the installation offers it. */
function startLanguage(offered: readonly Language[]): Language {
  const wanted = [recall("language") ?? "", ...navigator.languages];
  return preferredLanguage(wanted, offered);
}

async function start(host: HTMLElement): Promise<void> {
  const source = new Source(folder());
  for (let failures = 0; ; failures += 1) {
    const settings = await loadSettings(source).catch(() => undefined);
    const [firstCity] = settings?.cities ?? [];
    if (settings !== undefined && firstCity !== undefined) {
      const language = startLanguage(settings.languages);
      new App(settings, language, firstCity, host);
      return;
    }
    const speech = new Speech(startLanguage(["fi", "sv", "en"].filter(isLanguage)));
    const key = settings === undefined ? "connection.lost" : "app.no_regions";
    const notice = element("p", { class: "notice", role: "status" }, speech.say(key));
    host.replaceChildren(notice);
    await new Promise((retry) => setTimeout(retry, waitBeforeTryMs(failures, Math.random())));
  }
}

const host = document.querySelector<HTMLElement>("#app");
if (host !== null) void start(host);
