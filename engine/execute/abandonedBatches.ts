import type { Batch } from "./batch.ts";

/** What ends with the iteration over a batch. */
export interface BatchSlot {
  batch: Batch | null;
}

/** Iterations over batches that were begun, never ended, and garbage-collected. */
export const abandonedBatches = new FinalizationRegistry<BatchSlot>(({ batch }) => {
  batch?.dispose();
});
