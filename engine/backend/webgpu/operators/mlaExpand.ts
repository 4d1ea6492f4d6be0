import { rowSize } from "../../checkOperator.ts";
import type { MlaExpand } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { batchedMatmul, CACHED_TOKENS } from "./batchedMatmul.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** k[s,h] = [keyWeight[h]^T c_s | p_s] and v[s,h] = valueWeight[h] c_s for every s < S. */
export function compileMlaExpand(op: MlaExpand, on: CompileTarget): readonly Kernel[] {
  const [heads = 0, value = 0, latent = 0] = op.valueWeight.shape;
  const cacheWidth = rowSize(op.cache);
  return [
    expandKeys(op),
    ...batchedMatmul(
      {
        label: "mlaExpand values",
        k: latent,
        n: value,
        batches: heads,
        x: op.cache,
        xStrides: { row: cacheWidth, batch: 0 },
        weight: op.valueWeight,
        weightStrides: { row: latent, batch: value * latent },
        out: op.v,
        outStrides: { row: heads * value, batch: value },
        tokens: CACHED_TOKENS,
      },
      on,
    ),
  ];
}

/** keyWeight is stored for the absorbed form, (C, P) per head: one invocation walks a column, neighbours walk along P. */
function expandKeys(op: MlaExpand): Kernel {
  const [heads = 0, latent = 0, nope = 0] = op.keyWeight.shape;
  const cacheWidth = rowSize(op.cache);
  const keyWidth = nope + cacheWidth - latent;
  const perToken = heads * keyWidth;
  return {
    label: `mlaExpand keys ${heads}x${latent}x${nope}`,
    bindings: [reads("cache", op.cache), reads("keyWeight", op.keyWeight), writes("k", op.k)],
    params: { heads, latent, nope, keyWidth, cacheWidth },
    body: () =>
      elementwise(
        `${CACHED_TOKENS.wgsl} * params.heads * params.keyWidth`,
        `  let row = i / (params.heads * params.keyWidth) * params.cacheWidth;
  let head = i / params.keyWidth % params.heads;
  let p = i % params.keyWidth;
  if (p >= params.nope) {
    k[i] = cache(row + params.latent + p - params.nope);
    return;
  }
  var sum = 0.0;
  for (var c = 0u; c < params.latent; c++) {
    sum = fma(keyWeight((head * params.latent + c) * params.nope + p), cache(row + c), sum);
  }
  k[i] = sum;`,
      ),
    workgroups: (step) => elementwiseWorkgroups(CACHED_TOKENS.count(step) * perToken),
  };
}
