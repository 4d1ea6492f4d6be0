import { InputError } from "../base/errors.ts";
import { LOG_PROBS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import { type Keep, keptValues } from "../plan/keptValues.ts";
import type { PlanValue } from "../plan/plan.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import type { ModelDevice } from "./modelDevice.ts";

/** Bytes that a run may keep unless `budget` says otherwise: 2 GiB. */
export const DEFAULT_BUDGET = 2 ** 31;

/** What a run stays with until it is disposed of. Bytes of the device but where it says otherwise. */
export interface KeptBytes {
  /** KV cache. */
  readonly cacheBytes: number;
  /** What `keep` asks for, and the tokens' log probabilities. */
  readonly keptBytes: number;
  /** What `capture` asks for beyond that. */
  readonly capturedBytes: number;
  /** Rows of logits, in the host's memory. */
  readonly logitsBytes: number;
  /** All of these: what `budget` limits. */
  readonly totalBytes: number;
}

/** A run or a generation that is to be. */
export interface Planned {
  readonly nPrompt: number;
  /** Positions: the prompt's, and all that a generation may add. */
  readonly capacity: number;
  /** Tokens of the longest step. */
  readonly rows: number;
  readonly keep: Keep;
  readonly capture: ReadonlySet<string>;
  /** Rows of logits to keep. */
  readonly logitRows: number;
}

export function keptBytes(device: ModelDevice, planned: Planned): KeptBytes {
  const { spec, plans, frames } = device;
  const { capacity, keep, capture, logitRows } = planned;
  const plan = plans.forward({ observed: capture });
  const frame = frames.sizesFor({ ...planned, plan });
  const kept = new Set([...keptValues(spec, keep), LOG_PROBS]);
  const drafts = [...capture].some(isDraftValue)
    ? plans.drafts({ observed: capture, logits: "all" }).values
    : new Map<string, PlanValue>();
  const bytesOf = (values: readonly (PlanValue | undefined)[]) =>
    values.reduce((sum, value) => {
      if (value === undefined) return sum;
      // A column for each position stays as wide as the frame; caches are cut down.
      const columns = value.role === "cache" ? capacity : frame.capacity;
      const shape = concreteShape(value, { rows: capacity, capacity: columns });
      return sum + elementBytes(device, value.dtype) * shape.reduce((a, b) => a * b, 1);
    }, 0);
  const further = [...capture].filter(
    (name) => !kept.has(name) && plan.values.get(name)?.role !== "cache",
  );
  const parts = {
    cacheBytes: bytesOf([...plan.values.values()].filter(({ role }) => role === "cache")),
    keptBytes: bytesOf([...kept].map((name) => plan.values.get(name))),
    capturedBytes: bytesOf(further.map((name) => plan.values.get(name) ?? drafts.get(name))),
    logitsBytes: elementBytes(device, "f32") * spec.nVocab * logitRows,
  };
  return { ...parts, totalBytes: Object.values(parts).reduce((a, b) => a + b, 0) };
}

/** Of a number in an activation or a cache. */
export function elementBytes({ backend }: ModelDevice, dtype: "f32" | "i32"): number {
  return dtype === "f32" && backend.info.name === "reference" ? 8 : 4;
}

/** @throws InputError ERR_BUDGET with the numbers and what would fit, ERR_OPTION */
export function checkBudget(
  what: string,
  device: ModelDevice,
  planned: Planned,
  budget: number,
): void {
  if (typeof budget !== "number" || !(budget > 0))
    throw new InputError(
      "ERR_OPTION",
      `${what} budget: expected bytes, a number above 0, got ${budget}. Correct the option.`,
    );
  const bytes = (keep: Keep) => keptBytes(device, { ...planned, keep }).totalBytes;
  const wanted = bytes(planned.keep);
  if (wanted <= budget) return;
  const less = (["routes", "nothing"] as const).find((keep) => bytes(keep) <= budget);
  const fix =
    less === undefined
      ? "Capture less, shorten the text"
      : `Use keep: ${JSON.stringify(less)} (${bytes(less)} bytes)`;
  throw new InputError(
    "ERR_BUDGET",
    `${what}: expected to keep at most ${budget} bytes, got ${wanted} for ${planned.capacity} tokens with keep: ${JSON.stringify(planned.keep)}. ${fix}, or pass a larger budget; model.estimate tells the parts.`,
  );
}
