type Elements = Uint16Array | Uint32Array;

interface KvSizes {
  readonly nHeads: number; // H
  readonly kvLoraRank: number; // C
  readonly dNope: number; // P
  readonly dValue: number; // V
}

/** Rows 0..P-1 of every head of kv_b_proj (H(P+V), C), transposed to (H, C, P). Elements are moved as bits. */
export function keyHalf<E extends Elements>(source: E, out: E, sizes: KvSizes): E {
  const { nHeads, kvLoraRank, dNope, dValue } = sizes;
  for (let h = 0; h < nHeads; h++)
    for (let p = 0; p < dNope; p++) {
      const row = (h * (dNope + dValue) + p) * kvLoraRank;
      for (let c = 0; c < kvLoraRank; c++)
        out[(h * kvLoraRank + c) * dNope + p] = source[row + c] as number;
    }
  return out;
}

/** Rows P..P+V-1 of every head, (H, V, C). */
export function valueHalf<E extends Elements>(source: E, out: E, sizes: KvSizes): E {
  const { nHeads, kvLoraRank, dNope, dValue } = sizes;
  const size = dValue * kvLoraRank;
  for (let h = 0; h < nHeads; h++) {
    const start = (h * (dNope + dValue) + dNope) * kvLoraRank;
    out.set(source.subarray(start, start + size), h * size);
  }
  return out;
}
