import { breathe } from "../base/breathe.ts";
import type { ProgressListener } from "../base/progress.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { Execution } from "./execution.ts";
import type { ModelDevice } from "./modelDevice.ts";

export interface PrefillOptions {
  readonly chunkSize: number;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a prompt in chunks. @returns each chunk's (T, V) logits */
export async function prefill(
  device: ModelDevice,
  execution: Execution,
  ids: readonly number[],
  { chunkSize, onProgress, signal }: PrefillOptions,
): Promise<HostArray[]> {
  const logits: HostArray[] = [];
  for (let start = 0; start < ids.length; start += chunkSize) {
    const chunk = ids.slice(start, start + chunkSize);
    const nKeys = execution.position + chunk.length;
    const form = attentionForm(device.spec, chunk.length, nKeys);
    logits.push(await execution.step(chunk, form, "prefill", signal));
    const done = start + chunk.length;
    onProgress?.({ stage: "prefill", done, total: ids.length, label: `token ${done}` });
    if (done < ids.length) await breathe();
  }
  return logits;
}
