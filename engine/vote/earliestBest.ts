/** The item of the highest score, of equal ones the first; null where there is none. */
export function earliestBest<Item>(
  items: readonly Item[],
  scoreOf: (item: Item) => number,
): Item | null {
  let best: Item | null = null;
  let highest = Number.NEGATIVE_INFINITY;
  for (const item of items) {
    const score = scoreOf(item);
    if (best !== null && score <= highest) continue;
    best = item;
    highest = score;
  }
  return best;
}
