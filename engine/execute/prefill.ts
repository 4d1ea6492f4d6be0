import { breathe } from "../base/breathe.ts";
import type { ProgressListener } from "../base/progress.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { BatchedExecution } from "./batchedExecution.ts";
import type { Execution } from "./execution.ts";
import type { LogitRows } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";

export interface PrefillOptions {
  readonly chunkSize: number;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a prompt in chunks and puts the rows of logits that are wanted of it into `logits`. */
export async function prefill(
  device: ModelDevice,
  execution: Execution | BatchedExecution,
  ids: readonly number[],
  logits: LogitRows,
  { chunkSize, onProgress, signal }: PrefillOptions,
): Promise<void> {
  for (let start = 0; start < ids.length; start += chunkSize) {
    const chunk = ids.slice(start, start + chunkSize);
    const nKeys = execution.position + chunk.length;
    const form = attentionForm(device.spec, chunk.length, nKeys);
    const done = start + chunk.length;
    const positions = logits.wantedOf(start, chunk.length);
    const options = { next: ids[done], positions, signal };
    logits.add(start, positions, await execution.step(chunk, form, "prefill", options));
    onProgress?.({ stage: "prefill", done, total: ids.length, label: `token ${done}` });
    if (done < ids.length) await breathe();
  }
}
