import type { ModelSpec } from "../model/spec.ts";
import { uniformForm } from "./attentionForm.ts";
import { checkLayers } from "./checkLayers.ts";
import type { AttentionForm, Plan, Ref } from "./plan.ts";
import { planBlock } from "./planBlock.ts";
import { PlanBuilder } from "./planBuilder.ts";
import { normalize, type PlanScope, rotationOf } from "./planScope.ts";

/** Starts the names of the module's values, weights and sites. */
export const MTP = "mtp.0";

/** What the module reads of the model: the residual stream after the final norm. */
export const FINAL_HIDDEN = "ln_final.hook_normalized";

/** Is this a value of the module? */
export function isDraftValue(name: string): boolean {
  return name.startsWith(`${MTP}.`);
}

export interface MtpPlanOptions {
  /** Of the module's one layer. Default: gqa, or absorbed for MLA. */
  readonly form?: AttentionForm;
  readonly observed?: ReadonlySet<string>;
  /** Rows of logits: of every pair (mtp.0.hook_draft_logits), or of the step's last alone (mtp.0.last_logits). */
  readonly logits: "all" | "last";
}

/**
 * The module that drafts the token after next, written down. Row i joins what the model knows at position i, its residual
 * stream after the final norm, with the embedding of token i + 1:
 * `x = W [norm(embed(t_{i+1})) | norm(h_i)]`; one block with its own cache; `logits = unembed(norm(x))`, of token i + 2.
 * @see arXiv:2412.19437 eq. 21-23
 */
export function planMtp(spec: ModelSpec, options: MtpPlanOptions): Plan {
  const { mtp, dModel, nVocab } = spec;
  if (mtp === null)
    throw new Error(`${spec.architecture} has no module for multi-token prediction`);
  checkLayers(spec);
  const own = mtp.layer;
  const form = options.form ?? uniformForm({ layers: [own] });
  const b = new PlanBuilder();
  const layer = spec.nLayers;
  const observed = options.observed ?? new Set<string>();
  const scope = { b, spec, own, rotation: rotationOf(b, spec, own), layer, name: MTP, observed };

  const embedding = b.value(`${MTP}.hook_embed`, ["T", dModel]);
  b.op(layer, {
    kind: "embed",
    ids: b.value("ids", ["T"], { dtype: "i32", role: "input" }),
    table: b.weight(mtp.ownEmbedding ? `${MTP}.embed` : "embed", nVocab, dModel),
    out: embedding,
  });
  const hidden = b.value(`${MTP}.hidden`, ["T", dModel], { role: "input" });
  const joined = join(scope, embedding, hidden);
  const post = planBlock(scope, form[0] ?? "gqa", joined);
  unembed(scope, normalize(scope, post, `${MTP}.ln_final`), options.logits);
  return { spec, form, values: b.values, weights: b.weights, ops: b.ops };
}

/** The projection of both normed halves, the embedding's first: two products that add up. */
function join(scope: PlanScope, embedding: Ref, hidden: Ref): Ref {
  const { b, spec, layer } = scope;
  const { dModel } = spec;
  const product = (half: "embedding" | "hidden", x: Ref, residual: Ref | null, name: string) => {
    const weight = b.weight(`${MTP}.eh_proj.${half}`, dModel, dModel);
    const out = b.value(name, ["T", dModel]);
    b.op(layer, { kind: "matmul", rows: "tokens", x, weight, bias: null, residual, out });
    return out;
  };
  const first = normalize(scope, embedding, `${MTP}.enorm`);
  const second = normalize(scope, hidden, `${MTP}.hnorm`);
  const part = product("embedding", first, null, `${MTP}.embedding_part`);
  return product("hidden", second, part, `${MTP}.hook_resid_pre`);
}

function unembed({ b, spec, layer }: PlanScope, normed: Ref, which: "all" | "last"): void {
  const { dModel, nVocab, tiedEmbeddings } = spec;
  const shared = tiedEmbeddings ? "embed" : "unembed";
  const weight = b.weight(spec.mtp?.ownHead ? `${MTP}.unembed` : shared, nVocab, dModel);
  const head = { kind: "matmul", weight, bias: null, residual: null } as const;
  if (which === "all") {
    const out = b.value(`${MTP}.hook_draft_logits`, ["T", nVocab]);
    b.op(layer, { ...head, rows: "tokens", x: normed, out });
    return;
  }
  const last = b.value(`${MTP}.last_normalized`, [1, dModel]);
  b.op(layer, { kind: "lastRow", x: normed, out: last });
  b.op(layer, { ...head, rows: "one", x: last, out: b.value(`${MTP}.last_logits`, [1, nVocab]) });
}
