import type { en } from "./en";

export type MessageKey = keyof typeof en;

/** All texts of one language. A missing or a misspelt key does not compile. */
export type Dictionary = Readonly<Record<MessageKey, string>>;
