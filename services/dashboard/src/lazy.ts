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

/** Who has the page before them may press something already. */
const BREATH_MS = 150;
/** A page that nobody sees is not painted. */
const UNPAINTED_MS = 1_000;
const PAINTED = "first-contentful-paint";

/**
 * Resolves once the page has been seen, and a moment later. What takes the graphics card for itself
 * begins then: setting up a map can take a second, in which nothing else is painted.
 */
export async function painted(): Promise<void> {
  await new Promise<void>((resolve) => {
    if (performance.getEntriesByName(PAINTED).length > 0) return resolve();
    const observer = new PerformanceObserver((list) => {
      if (list.getEntriesByName(PAINTED).length === 0) return;
      observer.disconnect();
      resolve();
    });
    observer.observe({ type: "paint" });
    setTimeout(resolve, UNPAINTED_MS);
  });
  await new Promise((breath) => setTimeout(breath, BREATH_MS));
}
