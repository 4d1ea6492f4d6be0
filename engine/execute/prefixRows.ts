import { LOG_PROBS } from "../plan/compilePlan.ts";
import type { AttentionForm } from "../plan/plan.ts";
import type { ModelDevice } from "./modelDevice.ts";
import type { CachedPrefix } from "./prefixCache.ts";
import { rotaryLength } from "./rotaryTables.ts";
import type { StepTaken } from "./stepTaken.ts";
import type { TensorGroup } from "./tensorGroup.ts";

/** What a sequence begins with and has not computed itself: caches and every value that it keeps. */
export interface PrefixRows extends CachedPrefix {
  /** Steps that computed them. */
  readonly steps: readonly StepTaken[];
}

/** A sequence that has ended. */
interface EndedSequence {
  /** All its tokens. */
  readonly ids: readonly number[];
  readonly nPrompt: number;
  readonly steps: readonly StepTaken[];
  /** Its caches and what it kept. */
  readonly storage: TensorGroup;
  /** Whether the log probabilities among that are those of all its tokens. */
  readonly promptLogprobs: boolean;
}

/** Gives the cache of prefixes what a sequence computed. */
export function offerRows(
  { prefixes, spec }: ModelDevice,
  { ids, nPrompt, steps, storage, promptLogprobs }: EndedSequence,
): void {
  if (!prefixes.isOn) return;
  const forms = steps.flatMap(({ form, nTokens }) => formsOf(form, nTokens));
  const key = { ids: [...ids], forms, rotaryLength: rotaryLength(spec, nPrompt) };
  prefixes.give(key, storage, neededRows(storage, promptLogprobs));
}

/** Names of what sequences have of one another: where no log probabilities are computed, all but these. */
export function neededRows(storage: TensorGroup, promptLogprobs: boolean): string[] {
  return storage.names().filter((name) => promptLogprobs || name !== LOG_PROBS);
}

/** Puts the first `rows` rows of what another sequence kept over those of `storage`. Log probabilities may be missing there. */
export function fillRows(storage: TensorGroup, from: TensorGroup, rows: number): void {
  for (const name of storage.names())
    if (name !== LOG_PROBS || from.get(name) !== undefined) from.copyInto(storage, name, rows);
}

/** One for each token. */
export function formsOf(form: AttentionForm, nTokens: number): AttentionForm[] {
  return new Array<AttentionForm>(nTokens).fill(form);
}
