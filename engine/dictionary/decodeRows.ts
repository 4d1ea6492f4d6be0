import type { Dictionary } from "./dictionary.ts";
import type { SparseFeatures } from "./encodeRows.ts";

/**
 * What a dictionary makes of features: (P, dOut), as the site has it.
 * @param rows (P, dIn) what the features are of
 */
export function decodeRows(
  { config, weights }: Dictionary,
  { offsets, ids, values, scale, shift }: SparseFeatures,
  rows: Float64Array,
): Float64Array {
  const { dIn, dOut } = config;
  const { decoder, decoderBias, decoderNorms, skip } = weights;
  const count = offsets.length - 1;
  const out = new Float64Array(count * dOut);
  for (let p = 0; p < count; p++) {
    const row = out.subarray(p * dOut, (p + 1) * dOut);
    row.set(decoderBias);
    for (let at = offsets[p] as number; at < (offsets[p + 1] as number); at++) {
      const id = ids[at] as number;
      const value =
        (values[at] as number) / (decoderNorms === null ? 1 : (decoderNorms[id] as number));
      for (let j = 0; j < dOut; j++)
        row[j] = (row[j] as number) + value * (decoder[id * dOut + j] as number);
    }
    for (let j = 0; j < dOut; j++)
      row[j] = (row[j] as number) * (scale[p] as number) + (shift[p] as number);
    if (skip !== null) addProduct(skip, rows.subarray(p * dIn, (p + 1) * dIn), row);
  }
  return out;
}

function addProduct(matrix: ArrayLike<number>, x: Float64Array, into: Float64Array): void {
  for (let j = 0; j < into.length; j++) {
    let sum = into[j] as number;
    for (let i = 0; i < x.length; i++)
      sum += (matrix[j * x.length + i] as number) * (x[i] as number);
    into[j] = sum;
  }
}
