import { layerOf } from "../model/layerOf.ts";
import type { Plan, PlanOp, PlanValue, Ref, SymbolicOperator } from "./plan.ts";
import { planOp } from "./planBuilder.ts";
import type { MapChange } from "./planChanges.ts";

type Attention = Extract<SymbolicOperator, { kind: "attention" }>;

/**
 * A layer's attention with edits of its scores and its pattern: flash attention as before, whose z the heads keep that nobody
 * edits, then the maps as tiles would show them, what the edits leave of them, and the values that they mix. Of size T x T.
 * @param declare makes a value of the plan
 */
export function takeApart(
  op: PlanOp & { readonly operator: Attention },
  changes: readonly MapChange[],
  plan: Plan,
  declare: (value: PlanValue) => Ref,
): PlanOp[] {
  const attention = op.operator;
  const name = attention.lse.name.replace(/\.lse$/, "");
  const { nHeads } = attention;
  const map = (value: string) => {
    const shape = ["T", nHeads, "context"] as const;
    return declare({ name: value, shape, dtype: "f32", role: "activation" });
  };
  const ofScores = changes.filter((change) => change.map === "scores");
  const ofPattern = changes.filter((change) => change.map === "pattern");
  const hasScores = ofScores.length > 0;
  const flash = {
    ...attention,
    out: sibling(plan, declare, attention.out),
    lse: hasScores ? sibling(plan, declare, attention.lse) : attention.lse,
  };
  const ops: SymbolicOperator[] = [flash];
  const { absorb, ...keyed } = absorbed(name, attention, { plan, layer: op.layer ?? 0 }, declare);
  if (absorb !== null) ops.push(absorb);
  const { scale, window, selection, temperatures, mask } = attention;
  const seen = { scale, window, selection, temperatures, mask };
  const scoring = { kind: "attentionScores", nHeads, ...keyed, ...seen } as const;
  const unedited = map(`${name}.pattern_unedited`);
  ops.push({ ...scoring, lse: flash.lse, out: unedited });

  const edited = (first: Ref, own: readonly MapChange[], last: string): Ref =>
    own.reduce((x, change, i) => {
      const out = map(i === own.length - 1 ? last : `${last}#${i + 1}`);
      ops.push(editOperator(change, x, out));
      return out;
    }, first);
  let pattern = unedited;
  if (hasScores) {
    const before = map(`${name}.scores_unedited`);
    ops.push({ ...scoring, lse: null, out: before });
    const x = edited(before, ofScores, `${name}.hook_attn_scores`);
    const { sinks, lse } = attention;
    pattern = map(ofPattern.length > 0 ? `${name}.pattern_of_scores` : `${name}.hook_pattern`);
    const norms = flash.lse;
    ops.push({ kind: "softmax", x, before, pattern: unedited, norms, sinks, out: pattern, lse });
  }
  pattern = edited(pattern, ofPattern, `${name}.hook_pattern`);
  const { nKvHeads, dValue, v, k, out } = attention;
  const mixed = { nHeads, nKvHeads, dValue, pattern, before: unedited, z: flash.out };
  ops.push({ kind: "mixValues", ...mixed, values: v ?? k, out });
  return ops.map((operator) => planOp(op.layer, operator));
}

/** Another value of the same shape, for what the operator wrote before its place was taken. */
function sibling(plan: Plan, declare: (value: PlanValue) => Ref, { name }: Ref): Ref {
  const value = plan.values.get(name);
  if (value === undefined) throw new Error(`the plan has no value ${name}`);
  return declare({ ...value, name: `${name}#flash` });
}

/** Queries and keys as tiles read them: expanded MLA has them in latent space too, so that both forms have the same maps. */
function absorbed(
  name: string,
  attention: Attention,
  { plan, layer }: { readonly plan: Plan; readonly layer: number },
  declare: (value: PlanValue) => Ref,
): Pick<Attention, "nKvHeads" | "dKey" | "q" | "k"> & { readonly absorb: SymbolicOperator | null } {
  const { q, k, nKvHeads, dKey, nHeads } = attention;
  const { attention: mla } = layerOf(plan.spec, layer);
  if (plan.form[layer] !== "expanded" || mla.kind !== "mla")
    return { q, k, nKvHeads, dKey, absorb: null };
  const width = mla.kvLoraRank + mla.dRope;
  const shape = ["T", nHeads, width] as const;
  const out = declare({ name: `${name}.q_absorbed`, shape, dtype: "f32", role: "activation" });
  const keyWeight: Ref = { from: "weight", name: `${name}.kv_b_key` };
  const cache: Ref = { from: "value", name: `${name}.cache` };
  return {
    q: out,
    k: cache,
    nKvHeads: 1,
    dKey: width,
    absorb: { kind: "mlaAbsorbQuery", q, keyWeight, out },
  };
}

function editOperator(change: MapChange, x: Ref, out: Ref): SymbolicOperator {
  const { action, headStart, headCount, factor } = change;
  const rows: Ref = { from: "value", name: change.rows };
  const values: Ref | null = change.values === null ? null : { from: "value", name: change.values };
  return { kind: "editMap", action, headStart, headCount, factor, x, rows, values, out };
}
