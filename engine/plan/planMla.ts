import type { MlaSpec } from "../model/spec.ts";
import type { LayerForm, Ref } from "./plan.ts";
import { planIndexer } from "./planIndexer.ts";
import { projectToResidual, type Residual } from "./planResidual.ts";
import { neededRotation, type PlanScope, project } from "./planScope.ts";

/** Multi-head latent attention: the cache holds [latent C | shared rotary key R]. arXiv:2405.04434 section 2.1 */
export function planMla(
  scope: PlanScope,
  attention: MlaSpec,
  form: LayerForm,
  x: Ref,
  residual: Residual,
): Ref {
  const { b, spec, layer } = scope;
  const { nHeads, kvLoraRank, dRope, dValue } = attention;
  const name = `${scope.name}.attn`;
  const queryLatent = compressedQuery(scope, attention, x);
  const q = rotatedQuery(scope, attention, queryLatent);

  const kv = project(scope, x, {
    weight: b.weight(`${name}.kv_a`, kvLoraRank + dRope, spec.dModel),
    out: b.value(`${name}.kv_a`, ["T", kvLoraRank + dRope]),
  });
  const latent = b.value(`${name}.latent`, ["T", kvLoraRank + dRope]);
  const { rope, cos, sin } = neededRotation(scope);
  b.op(layer, {
    kind: "mlaLatent",
    layout: rope.layout,
    eps: attention.latentNormEps,
    x: kv,
    weight: b.weight(`${name}.kv_a_norm`, kvLoraRank),
    cos,
    sin,
    out: latent,
  });
  const cache = b.value(`${name}.cache`, ["context", kvLoraRank + dRope], { role: "cache" });
  b.op(layer, { kind: "writeRows", x: latent, cache });

  const { indexer } = attention;
  const selection = indexer && planIndexer(scope, indexer, x, queryLatent);
  const z = b.value(`${name}.hook_z`, ["T", nHeads, dValue]);
  if (form === "expanded") attendExpanded(scope, attention, { q, cache, selection, z });
  else attendAbsorbed(scope, attention, { q, cache, selection, z });
  return projectToResidual(scope, z, residual, {
    weight: b.weight(`${name}.o`, spec.dModel, nHeads * dValue),
    bias: null,
  });
}

/** What queries are projected from: (T, Lq) after its norm, or x itself where queries are not compressed. */
function compressedQuery(
  scope: PlanScope,
  { qLoraRank, latentNormEps }: MlaSpec,
  x: Ref,
): QueryLatent {
  const { b, spec, layer } = scope;
  const name = `${scope.name}.attn`;
  if (qLoraRank === null) return { ref: x, width: spec.dModel, weight: `${name}.q` };
  const down = project(scope, x, {
    weight: b.weight(`${name}.q_a`, qLoraRank, spec.dModel),
    out: b.value(`${name}.q_a`, ["T", qLoraRank]),
  });
  const ref = b.value(`${name}.hook_q_latent`, ["T", qLoraRank]);
  b.op(layer, {
    kind: "rmsNorm",
    rows: "tokens",
    x: down,
    weight: b.weight(`${name}.q_a_norm`, qLoraRank),
    eps: latentNormEps,
    out: ref,
  });
  return { ref, width: qLoraRank, weight: `${name}.q_b` };
}

interface QueryLatent {
  readonly ref: Ref;
  readonly width: number;
  /** Name of the weight that makes queries of it. */
  readonly weight: string;
}

/** (T, H, P+R), the last R dims of each head rotated. */
function rotatedQuery(scope: PlanScope, attention: MlaSpec, latent: QueryLatent): Ref {
  const { b, layer } = scope;
  const { rope, cos, sin } = neededRotation(scope);
  const { nHeads, dNope, dRope } = attention;
  const name = `${scope.name}.attn`;
  const unrotated = project(scope, latent.ref, {
    weight: b.weight(latent.weight, nHeads * (dNope + dRope), latent.width),
    out: b.value(`${name}.hook_q`, ["T", nHeads, dNope + dRope]),
  });
  const out = b.value(`${name}.hook_rot_q`, ["T", nHeads, dNope + dRope]);
  b.op(layer, {
    kind: "rope",
    layout: rope.layout,
    offset: dNope,
    dim: dRope,
    x: unrotated,
    cos,
    sin,
    out,
  });
  return out;
}

interface Attended {
  readonly q: Ref;
  readonly cache: Ref;
  readonly selection: Ref | null;
  readonly z: Ref;
}

/** Attention as one key head of width C+R that all query heads share; values are the latent itself. */
function attendAbsorbed(scope: PlanScope, attention: MlaSpec, attended: Attended): void {
  const { q, cache, selection, z } = attended;
  const { b, layer } = scope;
  const { nHeads, kvLoraRank, dRope, scale } = attention;
  const name = `${scope.name}.attn`;
  const { keyWeight, valueWeight } = kvWeights(scope, attention);
  const absorbed = b.value(`${name}.q_absorbed`, ["T", nHeads, kvLoraRank + dRope]);
  b.op(layer, { kind: "mlaAbsorbQuery", q, keyWeight, out: absorbed });
  const u = b.value(`${name}.u`, ["T", nHeads, kvLoraRank]);
  b.op(layer, {
    kind: "attention",
    scale,
    window: null,
    nHeads,
    nKvHeads: 1,
    dKey: kvLoraRank + dRope,
    dValue: kvLoraRank,
    q: absorbed,
    k: cache,
    v: null,
    sinks: null,
    selection,
    temperatures: null,
    mask: null,
    out: u,
    lse: b.value(`${name}.lse`, ["T", nHeads]),
    moments: b.value(`${name}.moments`, ["T", nHeads, 2]),
  });
  b.op(layer, { kind: "mlaValue", u, valueWeight, out: z });
}

/** Every head's own keys and values, rebuilt from the latent for all cached tokens. */
function attendExpanded(scope: PlanScope, attention: MlaSpec, attended: Attended): void {
  const { q, cache, selection, z } = attended;
  const { b, layer } = scope;
  const { nHeads, dNope, dRope, dValue, scale } = attention;
  const name = `${scope.name}.attn`;
  const k = b.value(`${name}.k_expanded`, ["context", nHeads, dNope + dRope]);
  const v = b.value(`${name}.v_expanded`, ["context", nHeads, dValue]);
  b.op(layer, { kind: "mlaExpand", cache, ...kvWeights(scope, attention), k, v });
  b.op(layer, {
    kind: "attention",
    scale,
    window: null,
    nHeads,
    nKvHeads: nHeads,
    dKey: dNope + dRope,
    dValue,
    q,
    k,
    v,
    sinks: null,
    selection,
    temperatures: null,
    mask: null,
    out: z,
    lse: b.value(`${name}.lse`, ["T", nHeads]),
    moments: b.value(`${name}.moments`, ["T", nHeads, 2]),
  });
}

function kvWeights({ b, name }: PlanScope, { nHeads, kvLoraRank, dNope, dValue }: MlaSpec) {
  return {
    keyWeight: b.weight(`${name}.attn.kv_b_key`, nHeads, kvLoraRank, dNope),
    valueWeight: b.weight(`${name}.attn.kv_b_value`, nHeads, dValue, kvLoraRank),
  };
}
