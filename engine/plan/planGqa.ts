import type { GqaSpec } from "../model/spec.ts";
import type { Ref } from "./plan.ts";
import { projectToResidual, type Residual } from "./planResidual.ts";
import { type PlanScope, project } from "./planScope.ts";

/** Grouped-query attention over the keys and values in the cache, rotated or not. arXiv:2305.13245 */
export function planGqa(scope: PlanScope, attention: GqaSpec, x: Ref, residual: Residual): Ref {
  const { b, spec, layer } = scope;
  const { nHeads, nKvHeads, dHead, scale, window } = attention;
  const name = `${scope.name}.attn`;
  const q = rotated(scope, attention, "q", projected(scope, attention, x, "q"));
  const k = cached(scope, attention, "k", keys(scope, attention, x));
  const v = cached(scope, attention, "v", projected(scope, attention, x, "v"));
  const z = b.value(`${name}.hook_z`, ["T", nHeads, dHead]);
  b.op(layer, {
    kind: "attention",
    scale,
    window,
    nHeads,
    nKvHeads,
    dKey: dHead,
    dValue: dHead,
    q,
    k,
    v,
    sinks: attention.sinks ? b.weight(`${name}.sinks`, nHeads) : null,
    selection: null,
    temperatures: null,
    mask: null,
    out: z,
    lse: b.value(`${name}.lse`, ["T", nHeads]),
    moments: b.value(`${name}.moments`, ["T", nHeads, 2]),
  });
  return projectToResidual(scope, z, residual, {
    weight: b.weight(`${name}.o`, spec.dModel, nHeads * dHead),
    bias: attention.outBias ? b.weight(`${name}.o.bias`, spec.dModel) : null,
  });
}

function keys(scope: PlanScope, attention: GqaSpec, x: Ref): Ref {
  return rotated(scope, attention, "k", projected(scope, attention, x, "k"));
}

/** Heads after projection, bias, norm and clamp, in that order; the last of them carries the site's name. */
function projected(scope: PlanScope, attention: GqaSpec, x: Ref, letter: "q" | "k" | "v"): Ref {
  const { b, spec, layer } = scope;
  const { nHeads, nKvHeads, dHead, qkvBias, queryKeyNorm, clip } = attention;
  const name = `${scope.name}.attn`;
  const heads = letter === "q" ? nHeads : nKvHeads;
  const width = heads * dHead;
  const normed = letter === "v" ? null : queryKeyNorm;
  const stages = [
    "_projected",
    ...(normed ? ["_normed"] : []),
    ...(clip === null ? [] : ["_clipped"]),
  ];
  const last = stages.at(-1);
  const value = (stage: string) =>
    b.value(stage === last ? `${name}.hook_${letter}` : `${name}.${letter}${stage}`, [
      "T",
      heads,
      dHead,
    ]);
  let out = project(scope, x, {
    weight: b.weight(`${name}.${letter}`, width, spec.dModel),
    bias: qkvBias ? b.weight(`${name}.${letter}.bias`, width) : null,
    out: value("_projected"),
  });
  if (normed !== null) {
    const weight = b.weight(`${name}.${letter}_norm`, normed === "head" ? dHead : width);
    const eps = spec.normEps;
    const unnormed = out;
    out = value("_normed");
    b.op(layer, { kind: "rmsNorm", rows: "tokens", x: unnormed, weight, eps, out });
  }
  if (clip !== null) {
    const unclipped = out;
    out = value("_clipped");
    b.op(layer, { kind: "clamp", limit: clip, x: unclipped, out });
  }
  return out;
}

/** The first `rope.dim` dims of every head rotated, the rest as they are; x itself in a layer that does not rotate. */
function rotated(scope: PlanScope, attention: GqaSpec, letter: "q" | "k", x: Ref): Ref {
  const { b, layer, rotation } = scope;
  if (rotation === null) return x;
  const { rope, cos, sin } = rotation;
  const { layout, dim } = rope;
  const heads = letter === "q" ? attention.nHeads : attention.nKvHeads;
  const out = b.value(`${scope.name}.attn.hook_rot_${letter}`, ["T", heads, attention.dHead]);
  b.op(layer, { kind: "rope", layout, offset: 0, dim, x, cos, sin, out });
  return out;
}

function cached(scope: PlanScope, attention: GqaSpec, letter: "k" | "v", x: Ref): Ref {
  const { b, layer } = scope;
  const shape = ["context", attention.nKvHeads, attention.dHead] as const;
  const cache = b.value(`${scope.name}.attn.cache_${letter}`, shape, { role: "cache" });
  b.op(layer, { kind: "writeRows", x, cache });
  return cache;
}
