import type { Batch } from "./batch.ts";
import type { SharedPrefixes } from "./sharedPrefixes.ts";

/** What ends with the iteration over a batch. */
export interface BatchSlot {
  batch: Batch | null;
  prefixes: SharedPrefixes | null;
}

/** Iterations over batches that were begun, never ended, and garbage-collected. */
export const abandonedBatches = new FinalizationRegistry<BatchSlot>(endBatch);

/** Ends it, and frees what its prompts shared. */
export function endBatch({ batch, prefixes }: BatchSlot): void {
  batch?.dispose();
  prefixes?.dispose();
}
