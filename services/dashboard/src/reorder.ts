/** Brings the rows of a list into order without taking the focus from the one that has it. */

/**
 * Moves the others round the row that has the focus, since a node that is moved loses it. Rows that
 * are not among `rows` stay where they are; remove them first.
 */
export function reorder(list: HTMLElement, rows: readonly HTMLElement[]): void {
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const middle = Math.max(0, focused);
  const fixed = rows[middle];
  if (fixed === undefined) return;
  if (fixed.parentElement !== list) list.append(fixed);
  let after: HTMLElement = fixed;
  for (const row of rows.slice(0, middle).reverse()) {
    if (row.nextSibling !== after) list.insertBefore(row, after);
    after = row;
  }
  let before: HTMLElement = fixed;
  for (const row of rows.slice(middle + 1)) {
    if (before.nextSibling !== row) list.insertBefore(row, before.nextSibling);
    before = row;
  }
}
