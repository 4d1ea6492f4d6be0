import type { OperatorTimes } from "../backend/backend.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";

/** A step of the draft module as it was executed. */
export interface DraftStepTaken {
  readonly form: AttentionForm;
  readonly start: number;
  readonly nTokens: number;
  /** Distinct experts that its tokens were sent to; null for a dense block. */
  readonly nTouchedExperts: number | null;
  /** When it began, as `performance.now()` says. */
  readonly startedAtMs: number;
  /** Measured, from writing the ids to having the logits. */
  readonly durationMs: number;
}

/** Times of a step's operators: 16 bytes for each. */
export interface StepProfile {
  /** Of the operators that were executed: without the head where none of the step's rows went through it. */
  readonly plan: Plan;
  /** When the step began, as `performance.now()` says. */
  readonly startedAtMs: number;
  /** Of each operator of the plan. */
  readonly times: OperatorTimes;
}

/** A step as it was executed. */
export interface StepTaken {
  readonly phase: "prefill" | "decode";
  readonly form: AttentionForm;
  readonly start: number;
  /** Those that became part of the sequence. */
  readonly nTokens: number;
  /** Tokens behind them that the step computed as well: drafts that were not accepted. */
  readonly nRejected: number;
  /** Its rows were copied from another sequence that computed them, in the same batch or before. Default false. */
  readonly isShared?: boolean;
  /** Steps of the draft module that served this one: they made its drafts, or followed it through the prompt. */
  readonly drafting: readonly DraftStepTaken[];
  /** Measured, from writing the ids to having the logits, or their ranking. */
  readonly durationMs: number;
  /** So many of its last rows went through the head, none for 0; absent: all. */
  readonly headRows?: number;
  /** Only where it was asked for. */
  readonly profile?: StepProfile;
}

/**
 * Takes the last step's tokens from `position` on back; at least one of them stays.
 * @returns how many tokens of it stay
 * @throws RangeError where `position` is not within the last step
 */
export function truncateLast(steps: StepTaken[], position: number): number {
  const last = steps.at(-1);
  const nTokens = position - (last?.start ?? position);
  if (last === undefined || nTokens <= 0 || nTokens > last.nTokens)
    throw new RangeError(`truncate: ${position} is not within the last step`);
  const nRejected = last.nRejected + last.nTokens - nTokens;
  steps[steps.length - 1] = { ...last, nTokens, nRejected };
  return nTokens;
}

/** What a step notes of its head: nothing where all rows went through it. */
export function partOfHead(nTokens: number, headRows = nTokens): Pick<StepTaken, "headRows"> {
  return headRows === nTokens ? {} : { headRows };
}

/** How many of the steps' tokens another sequence computed. */
export function sharedTokens(steps: readonly StepTaken[]): number {
  return steps.reduce((n, { isShared, nTokens }) => n + (isShared === true ? nTokens : 0), 0);
}

/** Notes steps of the draft module that served the step at `index`. */
export function chargeDrafting(
  steps: StepTaken[],
  index: number,
  drafting: readonly DraftStepTaken[],
): void {
  const step = steps[index];
  if (step === undefined) throw new RangeError(`chargeDrafting: no step ${index}`);
  steps[index] = { ...step, drafting: [...step.drafting, ...drafting] };
}
