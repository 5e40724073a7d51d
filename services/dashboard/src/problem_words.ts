/**
 * What is said where the server refuses or fails: by its kind, in the reader's language. The server's
 * own sentence knows more (which parameter, which time), but is English: it stands behind, marked as
 * English, so that a screen reader does not read it as if it were Finnish (WCAG 3.1.2).
 */

import { element } from "./dom";
import type { Speech } from "./i18n";
import { texts } from "./i18n";
import { AnswerError } from "./stream/source";

const TEXTS = texts({
  en: {
    lost: "The server does not answer, or its answer cannot be read.",
    refused: "The server does not accept this.",
    missing: "The server does not have this.",
    late: "The answer took too long.",
    gone: "The server no longer has this.",
    conflict: "This does not go with what the server does now.",
    too_much: "This is more than the server gives at a time.",
    busy: "The server cannot do this now.",
    failed: "The server has failed.",
  },
  fi: {
    lost: "Palvelin ei vastaa, tai vastausta ei voi lukea.",
    refused: "Palvelin ei hyväksy tätä.",
    missing: "Palvelimella ei ole tätä.",
    late: "Vastaus kesti liian kauan.",
    gone: "Palvelimella ei enää ole tätä.",
    conflict: "Tämä ei sovi yhteen sen kanssa, mitä palvelin nyt tekee.",
    too_much: "Tämä on enemmän kuin palvelin antaa kerralla.",
    busy: "Palvelin ei pysty tähän juuri nyt.",
    failed: "Palvelimessa on vika.",
  },
  sv: {
    lost: "Servern svarar inte, eller så kan svaret inte läsas.",
    refused: "Servern godtar inte detta.",
    missing: "Servern har inte detta.",
    late: "Svaret dröjde för länge.",
    gone: "Servern har inte längre detta.",
    conflict: "Detta går inte ihop med det som servern gör just nu.",
    too_much: "Detta är mer än vad servern ger på en gång.",
    busy: "Servern kan inte göra detta just nu.",
    failed: "Det har uppstått ett fel i servern.",
  },
});

type Kind = keyof (typeof TEXTS)["en"];

/** What the server says of a problem. */
export interface ServerProblem {
  /** Of HTTP; 0 where no answer came, or none that can be read. */
  readonly status: number;
  /** In English; may be empty. */
  readonly detail: string;
}

/** What came of a question instead of an answer; `fetch` throws errors of its own where none came. */
export function problemOf(error: unknown): ServerProblem {
  if (!(error instanceof AnswerError)) return { status: 0, detail: "" };
  return { status: error.status, detail: error.message };
}

/** Words in the reader's language, and what the server itself says, in English. */
export interface Told {
  readonly text: string;
  readonly own: string;
}

/** Statuses that say more than their class. All problems are `about:blank`: the status is the kind. */
const KINDS: Readonly<Record<number, Kind>> = {
  0: "lost",
  404: "missing",
  408: "late",
  409: "conflict",
  410: "gone",
  413: "too_much",
  429: "busy",
  502: "lost",
  503: "busy",
  504: "late",
};
/** From this status on it is the server's fault. */
const SERVER_ERROR = 500;

/** The kind of a problem in the reader's language: one sentence. */
export function problemText(speech: Speech, status: number): string {
  const kind = KINDS[status] ?? (status >= SERVER_ERROR ? "failed" : "refused");
  return speech.of(TEXTS)(kind);
}

/**
 * A problem as it is told.
 *
 * @param before what it is a problem of, in the reader's language
 */
export function toldProblem(speech: Speech, { status, detail }: ServerProblem, before = ""): Told {
  const text = [before, problemText(speech, status)].filter((part) => part !== "").join(" ");
  return { text, own: detail };
}

/** Says something in the words of the server, which are English. */
export function serverWords(text: string): HTMLElement {
  return element("span", { lang: "en" }, text);
}

/** Writes words and the server's own behind them, touching the page only when they differ. */
export function setTold(node: HTMLElement, { text, own }: Told): void {
  const before = text === "" || own === "" ? text : `${text} `;
  if (node.textContent === before + own) return;
  const parts = [...(before === "" ? [] : [before]), ...(own === "" ? [] : [serverWords(own)])];
  node.replaceChildren(...parts);
}
