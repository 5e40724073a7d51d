/** Code that the first page comes without: it is asked for again when it did not come. */

/** So long after. */
const LOAD_AGAIN_MS = 10_000;

/**
 * @param load asks for the code
 * @param wanted whether it still is; without, nothing comes
 * @param missed told whether it is missing, after each try
 */
export async function loaded<T>(
  load: () => Promise<T>,
  wanted: () => boolean,
  missed: (missing: boolean) => void,
): Promise<T | undefined> {
  while (wanted()) {
    const code = await load().catch(() => undefined);
    if (!wanted()) return undefined;
    missed(code === undefined);
    if (code !== undefined) return code;
    await new Promise((retry) => setTimeout(retry, LOAD_AGAIN_MS));
  }
  return undefined;
}

/** Resolves once what is on the page has been painted, and events that wait were heard. */
export function painted(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}
