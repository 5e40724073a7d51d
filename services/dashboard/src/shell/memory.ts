/** Choices that outlive a visit. A browser that forbids storage forgets them, and that is all. */

const PREFIX = "tilanne.";

export function recall(key: string): string | undefined {
  try {
    return window.localStorage.getItem(PREFIX + key) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    window.localStorage.setItem(PREFIX + key, value);
  } catch {
    // Storage is full or forbidden.
  }
}
