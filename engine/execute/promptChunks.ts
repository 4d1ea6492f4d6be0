import type { ModelSpec } from "../model/spec.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import type { AttentionForm } from "../plan/plan.ts";

/** Positions of a prompt that go through the model at once. */
export interface PromptChunk {
  readonly start: number;
  readonly end: number;
  /** The cheaper form of attention for a step of all of them. */
  readonly form: AttentionForm;
}

/** A prompt of `nTokens` in chunks of at most `chunkSize`, in order. */
export function promptChunks(spec: ModelSpec, nTokens: number, chunkSize: number): PromptChunk[] {
  const chunks: PromptChunk[] = [];
  for (let start = 0; start < nTokens; start += chunkSize) {
    const end = Math.min(nTokens, start + chunkSize);
    chunks.push({ start, end, form: attentionForm(spec, end - start, end) });
  }
  return chunks;
}
