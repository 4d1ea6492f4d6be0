import { layerOf } from "./layerOf.ts";
import type { ModelWeight, ModelWeights } from "./modelWeights.ts";
import type { LayerSpec, ModelSpec } from "./spec.ts";

/**
 * How the elements of a weight lie in a checkpoint's tensor: element (i, j, ...) stands at
 * offset + i strides[0] + j strides[1] + ...; splits, transpositions and interleavings are all of this form.
 */
export interface TensorView {
  /** Shape of the checkpoint's tensor. */
  readonly shape: readonly number[];
  readonly offset: number;
  /** One per axis of the weight, in elements of the tensor. */
  readonly strides: readonly number[];
}

export interface WeightSource {
  /** Hugging Face name; {i} is the layer. With {e}, the weight's leading axis is a stack of one tensor per expert. */
  readonly template: string;
  /** Absent: the tensor is the weight as it is. */
  readonly view?: (weight: readonly number[], layer: LayerSpec) => TensorView;
  /** The view, or null for none, where the checkpoint has the tensor as MXFP4 blocks of (..., K): in another order. */
  readonly mxfp4View?: ((weight: readonly number[]) => TensorView) | null;
}

/**
 * From canonical names, with {i} for the layer, to where a checkpoint has them. A module of multi-token prediction, mtp.{j},
 * is the checkpoint's layer {i} = nLayers + j; what is not named as its own is named as a block's.
 */
export type WeightNames = ReadonlyMap<string, WeightSource>;

/** One tensor of a checkpoint and the weights that its elements fill. */
export interface TensorUse {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly fills: readonly WeightFill[];
}

export interface WeightFill {
  readonly weight: ModelWeight;
  /** Null: the tensor's elements in their order. */
  readonly view: TensorView | null;
  /** Element of the weight at which this tensor's part starts. */
  readonly offset: number;
}

/** Every tensor a plan needs, under the checkpoint's names. */
export function tensorUses(
  { spec, weights }: ModelWeights,
  names: WeightNames,
): Map<string, TensorUse> {
  const uses = new Map<string, { tensor: string; shape: readonly number[]; fills: WeightFill[] }>();
  const add = (tensor: string, shape: readonly number[], fill: WeightFill) => {
    const use = uses.get(tensor) ?? { tensor, shape, fills: [] };
    use.fills.push(fill);
    uses.set(tensor, use);
  };
  for (const weight of weights.values()) {
    const { source, layer } = sourceOf(weight.name, names, spec);
    const tensor = source.template.replace("{i}", String(layer));
    const [first = 1, ...rest] = weight.shape;
    if (tensor.includes("{e}")) {
      const size = rest.reduce((a, b) => a * b, 1);
      for (let e = 0; e < first; e++)
        add(tensor.replace("{e}", String(e)), rest, { weight, view: null, offset: e * size });
    } else {
      const view = source.view?.(weight.shape, layerOf(spec, layer)) ?? null;
      add(tensor, view?.shape ?? weight.shape, { weight, view, offset: 0 });
    }
  }
  return uses;
}

function sourceOf(name: string, names: WeightNames, spec: ModelSpec) {
  const [, part, index = "", rest] = /^(blocks|mtp)\.(\d+)\.(.*)/.exec(name) ?? [];
  const layer = Number(index) + (part === "mtp" ? spec.nLayers : 0);
  const source =
    part === undefined
      ? names.get(name)
      : (names.get(`${part}.{i}.${rest}`) ?? names.get(`blocks.{i}.${rest}`));
  if (source === undefined) throw new Error(`no checkpoint name for the weight ${name}`);
  return { source, layer };
}
