import { getHeapStatistics } from "node:v8";
import { collectGarbage } from "./collectGarbage.ts";

const CELLS_BETWEEN = 100;
/** A heap that user code has filled further is left to V8: going through it would make people wait. */
const MOST_BYTES = 256 * 2 ** 20;

let cells = 0;

/**
 * To be called when a cell has ended and its client knows. Most of what the compiler makes of a cell is garbage soon after,
 * but V8 lets it grow by half of the heap before it looks; so now and then it is told to, which takes some 50 ms.
 */
export function tidyHeap(): void {
  cells += 1;
  if (cells < CELLS_BETWEEN) return;
  cells = 0;
  if (getHeapStatistics().used_heap_size <= MOST_BYTES) collectGarbage();
}
