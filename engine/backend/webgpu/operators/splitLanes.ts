import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { type Kernel, reads } from "../kernel.ts";
import { lanesFor, type ProductShape } from "../products/productForm.ts";
import type { ProductVariant } from "../products/productForms.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** Workgroups that keep a graphics processor busy: a product with fewer tiles takes one for each lane of K and tile. */
const ENOUGH_WORKGROUPS = 64;

/** Words for the lanes' sums, at most: steps that would need more are not split. */
const MOST_WORDS = 2 ** 22;

/** A product whose lanes of K have workgroups of their own. */
export interface SplitLanes {
  readonly lanes: number;
  /** (lanes, tokens of the step, batches, N): each lane's sums. */
  readonly sums: DeviceTensor;
  /** Does a step with so many tokens have too few tiles? */
  applies(tokens: number): boolean;
}

/** Null where no step has few tiles, or K is of one lane. */
export function splitLanes(
  { k, n }: ProductShape,
  { form }: ProductVariant,
  batches: number,
  mostTokens: number,
  on: CompileTarget,
): SplitLanes | null {
  const lanes = lanesFor(k);
  if (lanes === 1 || !form.canSplitLanes) return null;
  const columnTiles = Math.floor((ENOUGH_WORKGROUPS - 1) / (Math.ceil(n / form.rows) * batches));
  const wordsOfToken = lanes * batches * n;
  const fitting = Math.floor(MOST_WORDS / wordsOfToken);
  const tokens = Math.min(mostTokens, columnTiles * form.columns, fitting);
  if (tokens === 0) return null;
  const words = 2 ** Math.ceil(Math.log2(tokens * wordsOfToken)); // few sizes, that many operators share
  return {
    lanes,
    sums: on.scratch(words, "sums of lanes", "f32"),
    applies: (count) => count <= tokens,
  };
}

/**
 * Adds the lanes' sums in order, as the invocation does that has all of them, so that no bit depends on it.
 * @param op `store` are statements that store `value` as the product of row `n` of batch `batch` and token `t`
 */
export function joinLanes(
  op: Pick<Kernel, "label" | "bindings" | "params"> & {
    readonly batches: number;
    readonly n: number;
    readonly tokens: { readonly wgsl: string; count(step: Step): number };
    readonly store: string;
  },
  { lanes, sums }: SplitLanes,
  applies: (step: Step) => boolean,
): Kernel {
  return {
    label: `${op.label}, joined`,
    bindings: [reads("sums", sums), ...op.bindings],
    params: { ...op.params, lanes, nRows: op.n, batches: op.batches },
    body: () =>
      elementwise(
        `${op.tokens.wgsl} * params.batches * params.nRows`,
        `  let total = ${op.tokens.wgsl} * params.batches * params.nRows;
  let n = i % params.nRows;
  let batch = i / params.nRows % params.batches;
  let t = i / params.nRows / params.batches;
  var value = 0.0;
  for (var l = 0u; l < params.lanes; l++) { value += sums(l * total + i); }
${op.store}`,
      ),
    workgroups: (step) =>
      applies(step) ? elementwiseWorkgroups(op.tokens.count(step) * op.batches * op.n) : 0,
  };
}
