import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import { type Kernel, type ReadBinding, reads, writes } from "../kernel.ts";
import { type ProductForm, type ProductShape, productParams } from "../products/productForm.ts";
import { productForms } from "../products/productForms.ts";
import { entry } from "../wgsl/entry.ts";
import { NAN_BITS } from "../wgsl/math.ts";
import { STEP_TOKENS } from "./batchedMatmul.ts";
import { type ProductColumns, productColumns } from "./byteColumns.ts";
import type { CompileTarget } from "./compileTarget.ts";
import {
  groupSlots,
  groupWords,
  MOST_GROUPED_EXPERTS,
  mostTiles,
  NO_EXPERT,
  TILE_WORDS,
} from "./expertGroups.ts";

/**
 * out[t,j,n] from the products of row n of expert indices[t,j] with x. Zeros for the expert -1, NaN for one that does not
 * exist, which the host cannot know of.
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

/**
 * Few slots are multiplied one by one. More are sorted by their experts first, so that those of one expert share its
 * rows. The numbers are the same.
 */
export function expertProducts(op: ExpertProducts, on: CompileTarget): readonly Kernel[] {
  const nExperts = op.weights[0]?.shape[0] ?? 0;
  const weights = op.weights.map((_, w) => `weight${w}`);
  const columns = productColumns(op.x, op.weights, STEP_TOKENS, [op.k], on);
  const shape: ProductShape = {
    unit: columns.unit,
    k: op.k,
    n: op.n,
    weights,
    hasScales: columns.hasScales,
  };
  const canGroup = nExperts <= MOST_GROUPED_EXPERTS;
  /** Slots of an expert, on average. */
  const perExpert = ({ nTokens }: Step) =>
    nTokens > 1 && canGroup ? Math.ceil((nTokens * op.slots) / nExperts) : 1;
  const products = productForms(shape, on).flatMap(({ form, applies }) => {
    const chosen = (step: Step) => applies(perExpert(step));
    if (form.columns === 1) return [slotBySlot(op, shape, columns, form, chosen)];
    if (!canGroup) return [];
    const words = groupWords(op.indices, nExperts, form.columns);
    const groups = on.scratch(words, `slots of ${op.label} by expert`, "i32");
    return [
      groupSlots(op.indices, nExperts, form.columns, groups, chosen),
      groupByGroup(op, shape, columns, form, groups, chosen),
    ];
  });
  return [...columns.kernels, ...products];
}

/** One workgroup per slot and tile of rows. */
function slotBySlot(
  op: ExpertProducts,
  shape: ProductShape,
  columns: ProductColumns,
  form: ProductForm,
  chosen: (step: Step) => boolean,
): Kernel {
  const find = `  let slot = wg / params.rowTiles;
  if (slot >= step.nTokens * params.slots) { return; }
  let index = u32(indices(slot));
  let group = select(index, params.nExperts + u32(index != ${NO_EXPERT}), index >= params.nExperts);
  let nColumns = 1u;`;
  const made = kernel(op, shape, columns, form, reads("indices", op.indices), find, () => "slot");
  const { rowTiles } = made;
  return {
    ...made,
    workgroups: (step) => (chosen(step) ? step.nTokens * op.slots * rowTiles : 0),
  };
}

/** One workgroup per tile of slots of one expert and tile of rows. */
function groupByGroup(
  op: ExpertProducts,
  shape: ProductShape,
  columns: ProductColumns,
  form: ProductForm,
  groups: DeviceTensor,
  chosen: (step: Step) => boolean,
): Kernel {
  const nExperts = op.weights[0]?.shape[0] ?? 0;
  const find = `  let tile = wg / params.rowTiles;
  if (tile >= (step.nTokens * params.slots + ${form.columns - 1}u) / ${form.columns}u + min(step.nTokens * params.slots, params.nExperts + 2u)) { return; }
  let group = u32(groups(tile * ${TILE_WORDS}u));
  let firstSlot = u32(groups(tile * ${TILE_WORDS}u + 1u));
  let nColumns = u32(groups(tile * ${TILE_WORDS}u + 2u));
  if (nColumns == 0u) { return; }`;
  const slotOf = (c: string) => `u32(groups(firstSlot + min(${c}, nColumns - 1u)))`;
  const made = kernel(op, shape, columns, form, reads("groups", groups), find, slotOf);
  const { rowTiles } = made;
  return {
    ...made,
    workgroups: (step) =>
      chosen(step) ? rowTiles * mostTiles(step.nTokens * op.slots, nExperts, form.columns) : 0,
  };
}

/**
 * @param slots where the slots of a workgroup are found
 * @param find statements that leave `group`, which is the expert, E for the expert -1, more for one that does not exist,
 * and `nColumns`
 * @param slotOf u32 expression: the slot of the workgroup's column c, loadable even beyond `nColumns`
 */
function kernel(
  op: ExpertProducts,
  shape: ProductShape,
  columns: ProductColumns,
  form: ProductForm,
  slots: ReadBinding,
  find: string,
  slotOf: (c: string) => string,
): Omit<Kernel, "workgroups"> & { readonly rowTiles: number } {
  const { unit } = shape;
  const params = productParams(shape, form);
  const nExperts = op.weights[0]?.shape[0] ?? 0;
  const products = (): string =>
    form.statements({
      x: "x",
      weightUnit: (n) => `(expert * params.nRows + ${n}) * params.units`,
      columnUnit: (c) => `${slotOf(c)}${op.xPerSlot ? "" : " / params.slots"} * params.units`,
      store: `      if (c < nColumns) {
        let at = expert * params.nRows + n;
        out[${slotOf("c")} * params.nRows + n] = select(${op.epilogue}, otherwise, group != expert);
      }`,
    });
  return {
    rowTiles: params.rowTiles,
    label: `${op.label} ${op.slots} of ${nExperts} ${op.n}x${op.k}`,
    bindings: [
      columns.binding,
      slots,
      ...op.weights.map((weight, w) => reads(`weight${w}`, weight, unit)),
      ...(op.inputs ?? []),
      writes("out", op.out),
    ],
    params: { ...params, slots: op.slots, nExperts, nan: NAN_BITS },
    subgroups: form.subgroups,
    body: () => `${op.functions ?? ""}${columns.functions}
${form.memory}
${entry(
  form.size,
  `${find}
  let otherwise = select(bitcast<f32>(params.nan), 0.0, group == params.nExperts);
  let expert = min(group, params.nExperts - 1u);
  let rowTile = wg % params.rowTiles;
${products()}`,
  form.subgroups,
)}`,
  };
}
