import { breathe } from "../base/breathe.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { BatchedExecution } from "./batchedExecution.ts";
import { beginWithRows } from "./beginWithRows.ts";
import type { Execution } from "./execution.ts";
import type { LogitRows } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { promptChunks } from "./promptChunks.ts";

export interface PrefillOptions {
  readonly chunkSize: number;
  /** So many of the prompt's tokens. Default: all. */
  readonly until?: number;
  /** Take the sums that a sampler wants of the last token's row. Default false. */
  readonly sums?: boolean;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a prompt in chunks and puts the rows of logits that are wanted of it into `logits`. Positions that come from a shared or
 * cached prefix are left out; the others are computed in the form of attention of the chunk that has them in a prompt alone.
 */
export async function prefill(
  device: ModelDevice,
  execution: Execution | BatchedExecution,
  ids: readonly number[],
  logits: LogitRows,
  { chunkSize, until = ids.length, sums = false, onProgress, signal }: PrefillOptions,
): Promise<void> {
  const chunks = promptChunks(device.spec, ids.length, chunkSize);
  await beginWithRows(device, execution, { ids, logits, chunks, until });
  for (const { start, end, form } of chunks) {
    const first = Math.max(start, execution.position);
    const done = Math.min(end, until);
    if (first >= done) continue;
    const chunk = ids.slice(first, done);
    const isLast = done === ids.length;
    const positions = logits.wantedOf(first, chunk.length, { end: ids.length });
    const headRows = execution.promptLogprobs ? chunk.length : rowsNeeded(positions, done, isLast);
    const options = { next: ids[done], positions, headRows, sums: sums && isLast, signal };
    logits.add(first, positions, await execution.step(chunk, form, "prefill", options));
    onProgress?.({ stage: "prefill", done, total: until, label: `token ${done}` });
    if (done < until) await breathe();
  }
}

/** How many of the last rows of a chunk that ends at `end` the head computes: from the first that is wanted, and the prompt's last. */
function rowsNeeded(positions: readonly number[], end: number, isLast: boolean): number {
  return Math.max(end - (positions[0] ?? end), isLast ? 1 : 0);
}
