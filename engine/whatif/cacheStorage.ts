import { cacheForms } from "../cost/cacheForms.ts";
import { BYTES, type TensorShape } from "../cost/operatorCost.ts";
import type { ModelSpec } from "../model/spec.ts";
import type { PlanValue } from "../plan/plan.ts";
import type { CacheForm } from "../trace/schema.ts";

export const CACHE_DTYPES = { bf16: "bf16", f32: "f32", fp8: "f8e4m3" } as const;

export type CacheStorageName = keyof typeof CACHE_DTYPES;

const LATENTS = /^blocks\.(\d+)\.attn\.cache$/;

/**
 * What rows of a cache take. In fp8 a latent is kept with a scale for every 128 numbers and its rotary key in bf16, 656 bytes for
 * DeepSeek-V3.2, as its own kernels keep them; everything else has a scale for every 128 numbers.
 */
export function cacheStorage({ layers }: ModelSpec, name: CacheStorageName) {
  const dtype = CACHE_DTYPES[name];
  return (value: PlanValue): Omit<TensorShape, "shape"> | null => {
    if (value.role !== "cache") return null;
    const attention = layers[Number(LATENTS.exec(value.name)?.[1] ?? Number.NaN)]?.attention;
    if (name !== "fp8" || attention?.kind !== "mla") return { dtype };
    return { dtype, rowBytes: attention.kvLoraRank * BYTES[dtype] + attention.dRope * BYTES.bf16 };
  };
}

/**
 * Bytes of a token in the model's own form, and in those it might have.
 * @param own what the model's plan writes for a token
 */
export function cachesBeside(spec: ModelSpec, name: CacheStorageName, own: number): CacheForm[] {
  return cacheForms(spec, BYTES[CACHE_DTYPES[name]]).map((form) =>
    form.isOwn ? { ...form, bytesPerToken: own } : form,
  );
}
