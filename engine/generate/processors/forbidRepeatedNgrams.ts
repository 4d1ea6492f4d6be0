import type { LogitsProcessor } from "./logitsProcessor.ts";

/** Forbids every token that would complete a run of `size` tokens that stands before already. @param size at least 1 */
export function forbidRepeatedNgrams(size: number): LogitsProcessor {
  return (logits, { ids }) => {
    const open = ids.length + 1 - size; // where the run begins that the next token completes
    for (let start = 0; start < open; start++) {
      let same = 0;
      while (same < size - 1 && ids[start + same] === ids[open + same]) same += 1;
      if (same === size - 1) logits[ids[start + same] as number] = Number.NEGATIVE_INFINITY;
    }
  };
}
