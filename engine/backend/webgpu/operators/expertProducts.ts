import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { type Kernel, type ReadBinding, reads, writes } from "../kernel.ts";
import { DOT_SIZE, type DotShape, dotMemory, dotParams, dotProducts, unitOf } from "../wgsl/dot.ts";
import { entry } from "../wgsl/entry.ts";
import { NAN_BITS } from "../wgsl/math.ts";

/**
 * out[t,j,n] from the products of row n of expert indices[t,j] with x; one workgroup per (t, j) and tile of rows. Zeros
 * for the expert -1, NaN for one that does not exist, which the host cannot know of.
 */
interface ExpertProducts {
  readonly label: string;
  /** Chosen experts per token. */
  readonly slots: number;
  readonly k: number;
  readonly n: number;
  readonly x: DeviceTensor;
  /** Does every slot have its own row of x, or do a token's slots share one? */
  readonly xPerSlot: boolean;
  readonly indices: DeviceTensor; // (T, slots) i32
  readonly weights: readonly DeviceTensor[]; // (E, N, K)
  readonly out: DeviceTensor; // (T, slots, N)
  /** Further inputs of the epilogue. */
  readonly inputs?: readonly ReadBinding[];
  /**
   * WGSL functions the epilogue needs, and the stored number as an expression of `value`, `value1` and `at`, the place of
   * expert and row in a bias.
   */
  readonly functions?: string;
  readonly epilogue: string;
}

/** The expert -1 as u32. */
const NONE = "0xffffffffu";

export function expertProducts(op: ExpertProducts): Kernel {
  const names = op.weights.map((_, w) => `weight${w}`);
  const nExperts = op.weights[0]?.shape[0] ?? 0;
  const unit = unitOf(op.k);
  const shape: DotShape = { unit, rows: 2, columns: 1, weights: names };
  const dot = dotParams(shape, op.k, op.n);
  const products = dotProducts(shape, {
    x: "x",
    weightUnit: (n) => `(expert * params.nRows + ${n}) * params.units`,
    columnUnit: () => `slot${op.xPerSlot ? "" : " / params.slots"} * params.units`,
    store: `      let at = expert * params.nRows + n;
      out[slot * params.nRows + n] = select(${op.epilogue}, otherwise, chosen != expert);`,
  });
  return {
    label: `${op.label} ${op.slots} of ${nExperts} ${op.n}x${op.k}`,
    bindings: [
      reads("x", op.x, unit),
      reads("indices", op.indices),
      ...op.weights.map((weight, w) => reads(`weight${w}`, weight, unit)),
      ...(op.inputs ?? []),
      writes("out", op.out),
    ],
    params: { ...dot, slots: op.slots, nExperts, nan: NAN_BITS },
    body: `${op.functions ?? ""}
${dotMemory(shape)}
${entry(
  DOT_SIZE,
  `  let slot = wg / params.rowTiles;
  if (slot >= step.nTokens * params.slots) { return; }
  let chosen = u32(indices(slot));
  let otherwise = select(bitcast<f32>(params.nan), 0.0, chosen == ${NONE});
  let expert = min(chosen, params.nExperts - 1u);
  let rowTile = wg % params.rowTiles;
${products}`,
)}`,
    workgroups: (step: Step) => step.nTokens * op.slots * dot.rowTiles,
  };
}
