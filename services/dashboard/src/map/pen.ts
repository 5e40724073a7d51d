/** How small images are drawn that are read back at once: by the processor, not the graphics card. */

/** What draws on a canvas; none where the browser gives none. */
export function penOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
  return canvas.getContext("2d", { willReadFrequently: true });
}
