import type { ModelSpec } from "../model/spec.ts";
import type { WhatIfLength } from "../trace/schema.ts";
import type { PaperModel } from "./paperModel.ts";
import type { WorkTotal } from "./workTotal.ts";

/** 1,024, 2,048, ... 131,072. */
const LENGTHS = Array.from({ length: 8 }, (_, i) => 1024 * 2 ** i);

/** What a decoded token takes behind more and more others, as far as the model goes. */
export function whatIfLengths(
  paper: PaperModel,
  batch: number,
  total: () => WorkTotal,
): WhatIfLength[] {
  const { contextLength } = paper.spec;
  const shorter = LENGTHS.filter((length) => length <= contextLength);
  return (shorter.length > 0 ? shorter : [contextLength]).map((context) => {
    const step = total().add(paper.decode(context, batch)).record();
    const { flops, weightBytes, kvReadBytes, seconds } = step;
    return {
      context,
      flops: flops / batch,
      weightBytes: weightBytes / batch,
      kvReadBytes: kvReadBytes / batch,
      seconds: seconds === null ? null : seconds / batch,
    };
  });
}

/** The same model where every query sees all keys; null where it does already. */
export function withoutIndexer(spec: ModelSpec): ModelSpec | null {
  const isSparse = spec.layers.some(
    ({ attention }) => attention.kind === "mla" && attention.indexer !== null,
  );
  if (!isSparse) return null;
  return {
    ...spec,
    layers: spec.layers.map((layer) => ({
      ...layer,
      attention:
        layer.attention.kind === "mla" ? { ...layer.attention, indexer: null } : layer.attention,
    })),
  };
}
