import type { LogitsProcessor } from "./logitsProcessor.ts";

/**
 * OpenAI's two penalties: what was generated before loses `presence` once and `frequency` for every time. The prompt does
 * not count.
 */
export function penalizeOccurrences(presence: number, frequency: number): LogitsProcessor {
  return (logits, { ids, nPrompt }) => {
    const counts = new Map<number, number>();
    for (let at = nPrompt; at < ids.length; at++) {
      const id = ids[at] as number;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    for (const [id, count] of counts)
      logits[id] = (logits[id] as number) - presence - frequency * count;
  };
}
