/**
 * Ids by descending score, the lower id first among equals. Starting costs O(V), each id O(log V), so that
 * looking at the head of a large vocabulary does not sort all of it.
 * @param scores (V), logits or probabilities, no NaN
 */
export function* likeliest(scores: ArrayLike<number>): Generator<number, void, void> {
  let size = scores.length;
  const heap = new Uint32Array(size);
  for (let id = 0; id < size; id++) heap[id] = id;
  for (let parent = (size >> 1) - 1; parent >= 0; parent--) sink(heap, scores, parent, size);
  while (size > 0) {
    yield heap[0] as number;
    size -= 1;
    heap[0] = heap[size] as number;
    sink(heap, scores, 0, size);
  }
}

function sink(heap: Uint32Array, scores: ArrayLike<number>, start: number, size: number): void {
  let parent = start;
  const moving = heap[parent] as number;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    if (child + 1 < size && precedes(heap[child + 1] as number, heap[child] as number, scores))
      child += 1;
    if (!precedes(heap[child] as number, moving, scores)) break;
    heap[parent] = heap[child] as number;
    parent = child;
  }
  heap[parent] = moving;
}

function precedes(a: number, b: number, scores: ArrayLike<number>): boolean {
  const scoreA = scores[a] as number;
  const scoreB = scores[b] as number;
  return scoreA > scoreB || (scoreA === scoreB && a < b);
}
