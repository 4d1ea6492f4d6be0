import { WeightsError } from "../../base/errors.ts";
import { unpackFields } from "./bitFields.ts";

/**
 * Codes of a GPTQ layer (N, K): of as many rows from `firstRow` on as `codes` has room for.
 * @param qweight (K bits / 32, N): each column is one run of codes, so that a word holds neighbours of one row
 */
export function unpackGptqCodes(
  qweight: Uint32Array,
  bits: number,
  [rows, columns]: readonly [number, number],
  firstRow: number,
  codes: Uint8Array,
): void {
  for (let at = 0; at < codes.length; at += columns) {
    const start = firstRow + at / columns;
    unpackFields({ words: qweight, bits, start, stride: rows }, codes, at, columns);
  }
}

interface GptqZeros {
  readonly name: string;
  readonly bits: number;
  /** 1 where the file keeps each zero less one, as the format's first version does. */
  readonly less: 0 | 1;
  readonly symmetric: boolean;
  readonly rows: number;
  readonly groups: number;
}

/**
 * Zeros (N, G) of a GPTQ layer. Programs disagree on what the highest number stands for where one was taken off (2^bits, or
 * 0 that ran over), and on zeros beside the middle of a symmetric layer (stored or implied): both are refused.
 * @param qzeros (G, N bits / 32)
 * @throws WeightsError ERR_WEIGHTS_FORMAT
 */
export function unpackGptqZeros(qzeros: Uint32Array, form: GptqZeros): Int16Array {
  const { name, bits, less, symmetric, rows, groups } = form;
  const zeros = new Int16Array(rows * groups);
  const perGroup = (rows * bits) / 32;
  const highest = (1 << bits) - 1;
  const middle = 1 << (bits - 1);
  const group = new Uint8Array(rows);
  for (let g = 0; g < groups; g++) {
    unpackFields({ words: qzeros, bits, start: g * perGroup, stride: 1 }, group, 0, rows);
    for (const [n, stored] of group.entries()) {
      const zero = stored + less;
      if (symmetric && zero !== middle)
        throw refused(name, `zeros of ${middle}, as sym says`, zero, n, g);
      if (less === 1 && stored === highest)
        throw refused(name, `zeros from 1 to ${highest}`, `a stored ${stored}`, n, g);
      zeros[n * groups + g] = zero;
    }
  }
  return zeros;
}

function refused(name: string, expected: string, got: unknown, n: number, g: number) {
  return new WeightsError(
    "ERR_WEIGHTS_FORMAT",
    `${name}: expected ${expected}, got ${got} for row ${n} in group ${g}, which programs read differently. Quantise the model again in the format gptq_v2, or use another checkpoint of it.`,
  );
}
