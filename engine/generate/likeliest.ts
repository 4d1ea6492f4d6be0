/**
 * Ids by descending weight, the lower id first among equals. Starting costs O(V), each id O(log V), so that
 * looking at the head of a large vocabulary does not sort all of it.
 * @param weights (V), no NaN
 */
export function* likeliest(weights: Float64Array): Generator<number, void, void> {
  const heap = Uint32Array.from(weights, (_, id) => id);
  let size = heap.length;
  for (let parent = (size >> 1) - 1; parent >= 0; parent--) sink(heap, weights, parent, size);
  while (size > 0) {
    yield heap[0] as number;
    size -= 1;
    heap[0] = heap[size] as number;
    sink(heap, weights, 0, size);
  }
}

function sink(heap: Uint32Array, weights: Float64Array, start: number, size: number): void {
  let parent = start;
  const moving = heap[parent] as number;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= size) break;
    if (child + 1 < size && precedes(heap[child + 1] as number, heap[child] as number, weights))
      child += 1;
    if (!precedes(heap[child] as number, moving, weights)) break;
    heap[parent] = heap[child] as number;
    parent = child;
  }
  heap[parent] = moving;
}

function precedes(a: number, b: number, weights: Float64Array): boolean {
  const difference = (weights[a] as number) - (weights[b] as number);
  return difference > 0 || (difference === 0 && a < b);
}
