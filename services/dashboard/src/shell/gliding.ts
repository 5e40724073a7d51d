/** What is moved by a change of the layout glides to its new place: the eye can follow it. */

const GLIDE_MS = 180;

/** Makes the change at once; who wants less motion sees only that. */
export function gliding(nodes: readonly HTMLElement[], change: () => void): void {
  const before = nodes.map((node) => node.getBoundingClientRect());
  for (const node of nodes) for (const glide of node.getAnimations()) glide.cancel();
  change();
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const after = nodes.map((node) => node.getBoundingClientRect());
  for (const [index, node] of nodes.entries()) {
    const byX = (before[index]?.left ?? 0) - (after[index]?.left ?? 0);
    const byY = (before[index]?.top ?? 0) - (after[index]?.top ?? 0);
    if (byX === 0 && byY === 0) continue;
    const frames = [{ translate: `${byX}px ${byY}px` }, { translate: "0 0" }];
    node.animate(frames, { duration: GLIDE_MS, easing: "ease-out" });
  }
}
