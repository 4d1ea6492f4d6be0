import { BatchedExecution } from "./batchedExecution.ts";
import type { Execution } from "./execution.ts";
import type { LogitRows } from "./logitRows.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { formsOf, neededRows, type PrefixRows } from "./prefixRows.ts";
import type { PromptChunk } from "./promptChunks.ts";
import { rotaryLength } from "./rotaryTables.ts";

/** A prompt that is about to be computed. */
interface ComingPrompt {
  readonly ids: readonly number[];
  readonly logits: LogitRows;
  readonly chunks: readonly PromptChunk[];
  /** So many of its tokens are to be computed. */
  readonly until: number;
}

/**
 * Has a sequence that is at its beginning take rows that were computed before: those of the cache of prefixes, or those that it shares
 * with others of its batch, whichever are more.
 */
export async function beginWithRows(
  device: ModelDevice,
  execution: Execution | BatchedExecution,
  prompt: ComingPrompt,
): Promise<void> {
  if (execution.position > 0) return;
  const cached = cachedRows(device, execution, prompt);
  const shared = execution instanceof BatchedExecution ? execution.prefix : null;
  if (cached !== null && cached.nTokens >= (shared?.nTokens ?? 0)) {
    shared?.done();
    execution.goOnFrom(cached);
  } else if (execution instanceof BatchedExecution) await execution.takePrefix(prompt.logits);
}

/** No rows of logits are cached: the first one that is wanted is computed, and so is the prompt's last. */
function cachedRows(
  { prefixes, spec }: ModelDevice,
  execution: Execution | BatchedExecution,
  { ids, logits, chunks, until }: ComingPrompt,
): PrefixRows | null {
  if (!prefixes.isOn || !execution.isOfTokensAlone) return null;
  const [firstWanted = until] = logits.positions(ids.length);
  const most = Math.min(until, ids.length - 1, firstWanted);
  const forms = chunks.flatMap(({ start, end, form }) => formsOf(form, end - start));
  const key = { ids, forms, rotaryLength: rotaryLength(spec, ids.length) };
  const needed = neededRows(execution.storage, execution.promptLogprobs);
  const found = prefixes.find(key, execution.storage, most, needed);
  if (found === null) return null;
  const { storage, nTokens } = found;
  const steps = chunks.flatMap(({ start, end, form }) => {
    const count = Math.min(end, nTokens) - start;
    return count > 0 ? [{ ...TAKEN, form, start, nTokens: count }] : [];
  });
  return { storage, nTokens, steps };
}

/** A step that was taken for another sequence. */
const TAKEN = {
  phase: "prefill",
  isShared: true,
  nRejected: 0,
  drafting: [],
  durationMs: 0,
} as const;
