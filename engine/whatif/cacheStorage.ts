import { mhaElementsPerToken } from "../cost/kvCache.ts";
import { BYTES, type TensorShape } from "../cost/operatorCost.ts";
import type { AttentionSpec, ModelSpec } from "../model/spec.ts";
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
 * Bytes of a token in the model's own form, and in those it might have: a key and a value for each query head, for groups of them
 * (8 heads where the model has latents, as Llama and Qwen have), for all together.
 * @param own what the model's plan writes for a token
 */
export function cacheForms(spec: ModelSpec, name: CacheStorageName, own: number): CacheForm[] {
  const width = BYTES[CACHE_DTYPES[name]];
  const attentions = spec.layers.map(({ attention }) => attention);
  const first = attentions[0];
  const nHeads = Math.max(...attentions.map((attention) => attention.nHeads));
  const withHeads = (keyHeads: number) =>
    width *
    attentions.reduce((sum, a) => sum + Math.min(keyHeads, a.nHeads) * elementsOfHead(a), 0);
  const others: CacheForm[] = [
    {
      form: "mha",
      keyHeads: nHeads,
      bytesPerToken: width * mhaElementsPerToken(spec),
      isOwn: false,
    },
    { form: "gqa", keyHeads: 8, bytesPerToken: withHeads(8), isOwn: false },
    { form: "mqa", keyHeads: 1, bytesPerToken: withHeads(1), isOwn: false },
  ];
  if (first?.kind === "mla")
    return [
      { form: "mla", keyHeads: null, bytesPerToken: own, isOwn: true },
      ...others.filter(({ form }) => form !== "gqa" || nHeads > 8),
    ];
  const keyHeads = Math.max(...attentions.map((a) => (a.kind === "gqa" ? a.nKvHeads : a.nHeads)));
  const form = keyHeads === nHeads ? "mha" : keyHeads === 1 ? "mqa" : "gqa";
  return [
    { form, keyHeads, bytesPerToken: own, isOwn: true },
    ...others.filter((other) => other.form !== form && other.form !== "gqa"),
  ];
}

function elementsOfHead(a: AttentionSpec): number {
  return a.kind === "mla" ? a.dNope + a.dRope + a.dValue : 2 * a.dHead;
}
