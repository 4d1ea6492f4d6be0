import type { ModelSpec } from "../model/spec.ts";
import { uniformForm } from "./attentionForm.ts";
import { checkLayers } from "./checkLayers.ts";
import type { AttentionForm, Plan } from "./plan.ts";
import { planBlock } from "./planBlock.ts";
import { PlanBuilder } from "./planBuilder.ts";
import { leaveBlocks } from "./planResidual.ts";
import { normalize, rotationOf } from "./planScope.ts";
import { positioned } from "./positioned.ts";

/** Unnormalised log probabilities of the tokens that may follow, (T, V). */
export const LOGITS = "hook_logits";

/** The token that follows each of the step's, -1 where it is not known: an input beside the ids. */
export const TARGETS = "targets";

/** (T) what each row of logits makes of its target, 0 where there is none. */
export const LOG_PROBS = "token_logprobs";

export interface PlanOptions {
  /** One for each layer. Default: gqa, or absorbed for MLA. */
  readonly form?: AttentionForm;
  /**
   * Values that somebody looks at. Where one is swallowed by a fusion (the residual addition inside a projection), that
   * layer is left unfused; the bits stay the same because both add in the same order.
   */
  readonly observed?: ReadonlySet<string>;
}

/**
 * Writes the forward pass down: pre-norm residual stream in f32,
 * `x += attention(norm(x)); x += feedForward(norm(x)); logits = unembed(norm(x))`, and what they make of the tokens that follow. Layers
 * with hyper-connections read and write n such streams instead (planResidual.ts).
 */
export function compilePlan(spec: ModelSpec, options: PlanOptions = {}): Plan {
  const observed = options.observed ?? new Set<string>();
  checkLayers(spec);
  const form = options.form ?? uniformForm(spec);
  const { dModel, nVocab } = spec;
  const b = new PlanBuilder();

  const table = b.weight("embed", nVocab, dModel);
  const ids = b.value("ids", ["T"], { dtype: "i32", role: "input" });
  let residual = b.value("hook_embed", ["T", dModel]);
  b.op(null, { kind: "embed", ids, table, out: residual });
  if (spec.learnedPositions) {
    const out = b.value(positioned(spec), ["T", dModel]);
    const positions = b.weight("positions", spec.contextLength, dModel);
    b.op(null, { kind: "addPosition", shift: 0, x: residual, table: positions, out });
    residual = out;
  }

  spec.layers.forEach((own, layer) => {
    const name = `blocks.${layer}`;
    const scope = { b, spec, own, rotation: rotationOf(b, spec, own), layer, name, observed };
    residual = planBlock(scope, form[layer] ?? "gqa", residual);
  });

  const last = leaveBlocks(b, spec, residual);
  const normed = normalize({ b, spec, layer: null }, last, "ln_final");
  const logits = b.value(LOGITS, ["T", nVocab]);
  b.op(null, {
    kind: "matmul",
    rows: "tokens",
    x: normed,
    weight: spec.tiedEmbeddings ? table : b.weight("unembed", nVocab, dModel),
    bias: null,
    residual: null,
    out: logits,
  });
  const targets = b.value(TARGETS, ["T"], { dtype: "i32", role: "input" });
  b.op(null, { kind: "tokenLogProbs", logits, ids: targets, out: b.value(LOG_PROBS, ["T"]) });
  return { spec, form, values: b.values, weights: b.weights, ops: b.ops };
}
