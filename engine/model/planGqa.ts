import type { Ref } from "./plan.ts";
import { type PlanScope, project, projectToResidual, ropeRefs } from "./planScope.ts";
import type { GqaSpec } from "./spec.ts";

/** Grouped-query attention over rotated keys and values in the cache. arXiv:2305.13245 */
export function planGqa(scope: PlanScope, attention: GqaSpec, x: Ref, residual: Ref): Ref {
  const { b, spec, layer } = scope;
  const { nHeads, nKvHeads, dHead, scale, windows, qkvBias } = attention;
  const name = `${scope.name}.attn`;
  const projected = (letter: "q" | "k" | "v", heads: number) =>
    project(scope, x, {
      weight: b.weight(`${name}.${letter}`, heads * dHead, spec.dModel),
      ...(qkvBias && { bias: b.weight(`${name}.${letter}.bias`, heads * dHead) }),
      out: b.value(`${name}.hook_${letter}`, ["T", heads, dHead]),
    });
  const rotated = (letter: "q" | "k", heads: number, input: Ref) => {
    const out = b.value(`${name}.hook_rot_${letter}`, ["T", heads, dHead]);
    const { layout, dim } = spec.rope;
    b.op(layer, { kind: "rope", layout, offset: 0, dim, x: input, ...ropeRefs(scope), out });
    return out;
  };
  const cached = (letter: "k" | "v", input: Ref) => {
    const cache = b.value(`${name}.cache_${letter}`, ["context", nKvHeads, dHead], {
      role: "cache",
    });
    b.op(layer, { kind: "writeRows", x: input, cache });
    return cache;
  };
  const q = rotated("q", nHeads, projected("q", nHeads));
  const k = cached("k", rotated("k", nKvHeads, projected("k", nKvHeads)));
  const v = cached("v", projected("v", nKvHeads));
  const z = b.value(`${name}.hook_z`, ["T", nHeads, dHead]);
  b.op(layer, {
    kind: "attention",
    scale,
    window: windows[layer] ?? null,
    nHeads,
    nKvHeads,
    dKey: dHead,
    dValue: dHead,
    q,
    k,
    v,
    out: z,
    lse: b.value(`${name}.lse`, ["T", nHeads]),
  });
  const output = b.weight(`${name}.o`, spec.dModel, nHeads * dHead);
  return projectToResidual(scope, z, output, residual, {
    site: `${scope.name}.hook_attn_out`,
    out: `${scope.name}.hook_resid_mid`,
  });
}
