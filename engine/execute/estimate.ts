import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { costedOperators } from "../cost/costedOperators.ts";
import { chunkCost } from "../cost/costOf.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import { LOG_PROBS, LOGITS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import { keptValues } from "../plan/keptValues.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { bindPlan } from "./bindPlan.ts";
import { BufferPool } from "./bufferPool.ts";
import { elementBytes, type KeptBytes, keptBytes, type Planned } from "./keptBytes.ts";
import type { ModelDevice } from "./modelDevice.ts";

/** What a run or a generation would take, before anything is computed. */
export interface Estimate extends KeptBytes {
  /** Positions: the prompt's, and all that a generation may add. */
  readonly tokens: number;
  /**
   * Of the device, while the model runs: inputs, tables, caches and activations. They belong to the model and serve the next
   * run too. Those of speculative decoding are not counted.
   */
  readonly workingBytes: number;
  /** Derived, as `run.cost()` counts them, without drafts. */
  readonly flops: number;
}

/** @param chunkSize tokens of the prompt that go through the model at once */
export function estimate(device: ModelDevice, planned: Planned, chunkSize: number): Estimate {
  const { spec } = device;
  const { nPrompt, capacity } = planned;
  const steps: { start: number; nTokens: number; form: AttentionForm }[] = [];
  for (let start = 0; start < capacity; ) {
    const nTokens = start < nPrompt ? Math.min(chunkSize, nPrompt - start) : 1;
    const nKeys = start < nPrompt ? start + nTokens : nTokens; // as prefill and decoding ask
    steps.push({ start, nTokens, form: attentionForm(spec, nTokens, nKeys) });
    start += nTokens;
  }
  const forms = [...new Set(steps.map(({ form }) => form))];
  const costed = new Map(forms.map((form) => [form, costedForm(device, planned, form)]));
  const flops = steps.flatMap(({ form, ...step }) => {
    const operators = costed.get(form) ?? [];
    return chunkCost({ ...step, phase: "prefill", durationMs: null, operators }, () => 0);
  });
  return {
    tokens: capacity,
    ...keptBytes(device, planned),
    workingBytes: workingBytes(device, planned, forms),
    flops: flops.reduce((sum, cost) => sum + cost.flops, 0),
  };
}

function costedForm(
  { plans, weights }: ModelDevice,
  { rows, capacity }: Planned,
  form: AttentionForm,
) {
  return costedOperators(plans.forward({ form }), weights, "f32", { rows, capacity });
}

/** Of a frame, with the programs of these forms bound to tensors that only exist on paper. */
function workingBytes(
  device: ModelDevice,
  planned: Planned,
  forms: readonly AttentionForm[],
): number {
  const { plans, frames, weights, spec } = device;
  const { keep, capture } = planned;
  let bytes = 0;
  const onPaper = (label: string, shape: readonly number[], dtype: "f32" | "i32"): DeviceTensor => {
    const sizeBytes = elementBytes(device, dtype) * shape.reduce((a, b) => a * b, 1);
    bytes += sizeBytes;
    return { shape, dtype, label, sizeBytes };
  };
  const planOf = (form: AttentionForm): Plan => plans.forward({ form, observed: capture });
  const plan = plans.forward({ observed: capture });
  const sizes = frames.sizesFor({ ...planned, plan });
  const fixed = new Map(
    [...plan.values.values()]
      .filter(({ role }) => role !== "activation")
      .map((value) => [value.name, onPaper(value.name, concreteShape(value, sizes), value.dtype)]),
  );
  const pool = new BufferPool({ alloc: onPaper });
  const kept = new Set([...keptValues(spec, keep), ...capture, LOG_PROBS, LOGITS]);
  for (const form of forms)
    bindPlan(planOf(form), {
      ...sizes,
      weights,
      fixed: (name) => fixed.get(name),
      keep: kept,
      pool,
    });
  return bytes;
}
