import type { DeviceDType } from "../backend/deviceTensor.ts";
import { isPacked, type PackedDType, packs } from "../backend/packed.ts";
import { ConfigError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { BYTES } from "../cost/operatorCost.ts";
import type { ClassedWeight } from "../cost/parameters.ts";
import type { ModelSpec } from "../model/spec.ts";

/** What `weights` names, by the dtype in which this engine keeps it. */
export const WEIGHT_DTYPES = {
  f32: "f32",
  bf16: "bf16",
  f16: "f16",
  fp8: "f8e4m3",
  mxfp4: "mxfp4",
  q8_0: "q8_0",
  q6_k: "q6_k",
  q5_k: "q5_k",
  q4_k: "q4_k",
  q4_0: "q4_0",
} as const satisfies Readonly<Record<string, DeviceDType>>;

export type WeightStorageName = keyof typeof WEIGHT_DTYPES;

/** How the weights of a model are stored. */
export interface WeightStorage {
  /** Says it of a model: how much is packed, where anything is. */
  readonly words: (weights: readonly ClassedWeight[]) => string;
  /** Of activations, too, unless they are f32. */
  readonly floats: "f32" | "bf16" | "f16";
  readonly dtypeOf: (weight: ClassedWeight) => DeviceDType;
}

/** All matrices in one dtype: those whose rows are not of whole groups, and vectors, stay bf16. */
export function storedAs(name: WeightStorageName): WeightStorage {
  const dtype = WEIGHT_DTYPES[name];
  if (!isPacked(dtype)) return { words: () => named(name), floats: dtype, dtypeOf: () => dtype };
  return packed(name, "matrices", () => true);
}

/**
 * As config.json says that the checkpoint has them: FP8 of all linear layers but the router and the head, MXFP4 of the experts,
 * or one float for all.
 * @throws ConfigError ERR_CONFIG for other quantisations, whose bits follow from the files and not from the config alone
 */
export function storedAsPublished(
  spec: ModelSpec,
  config: Readonly<Record<string, unknown>>,
): WeightStorage {
  const quantization = config.quantization_config;
  if (!isObject(quantization)) return plainFloats(spec.dtype);
  const method = quantization.quant_method;
  if (method === "fp8" || method === "fbgemm_fp8")
    return packed("fp8", "as published: linear layers", ({ costClass }) => !NOT_FP8.has(costClass));
  if (method === "mxfp4")
    return packed(
      "mxfp4",
      "as published: experts",
      ({ costClass }) => costClass === "routedExperts",
    );
  throw new ConfigError(
    "ERR_CONFIG",
    `whatIf: expected weights of a named dtype beside a quantization_config of ${JSON.stringify(method)}, got none. Pass weights: one of ${Object.keys(WEIGHT_DTYPES).join(", ")}.`,
  );
}

const NOT_FP8 = new Set(["embedding", "norms", "router", "head"]);

/** Matrices of a part of the model, where their rows are of whole groups. */
function packed(
  name: WeightStorageName,
  part: string,
  isPart: (weight: ClassedWeight) => boolean,
): WeightStorage {
  const dtype = WEIGHT_DTYPES[name];
  const fits = (weight: ClassedWeight) =>
    isMatrix(weight) && isPart(weight) && packs(dtype as PackedDType, rowLength(weight));
  return {
    words: (weights) => {
      const sum = (of: readonly ClassedWeight[]) => of.reduce((n, { count }) => n + count, 0);
      const share = (100 * sum(weights.filter(fits))) / sum(weights);
      return `${part} ${named(name)}, ${share.toFixed(1)} % of all numbers; the rest bf16`;
    },
    floats: "bf16",
    dtypeOf: (weight) => (fits(weight) ? dtype : "bf16"),
  };
}

function plainFloats(dtype: string): WeightStorage {
  const found = { float32: "f32", bfloat16: "bf16", float16: "f16" } as const;
  const name = found[dtype as keyof typeof found] ?? "bf16";
  return { words: () => `as published: ${named(name)}`, floats: name, dtypeOf: () => name };
}

function named(name: WeightStorageName): string {
  return `${name} (${BYTES[WEIGHT_DTYPES[name]] * 8} bits)`;
}

function isMatrix({ name, shape }: ClassedWeight): boolean {
  return shape.length >= 2 && !name.endsWith(".bias");
}

function rowLength({ shape }: ClassedWeight): number {
  return shape.at(-1) ?? 0;
}
