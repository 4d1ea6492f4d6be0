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
}

/** Gives the cache of prefixes what a sequence computed. */
export function offerRows(
  { prefixes, spec }: ModelDevice,
  { ids, nPrompt, steps, storage }: EndedSequence,
): void {
  if (!prefixes.isOn) return;
  const forms = steps.flatMap(({ form, nTokens }) => formsOf(form, nTokens));
  prefixes.give({ ids: [...ids], forms, rotaryLength: rotaryLength(spec, nPrompt) }, storage);
}

/** One for each token. */
export function formsOf(form: AttentionForm, nTokens: number): AttentionForm[] {
  return new Array<AttentionForm>(nTokens).fill(form);
}
