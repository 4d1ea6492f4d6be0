/**
 * A mask of single edges of attention: one i32 tensor (M + R, W) for N queries of H heads. Its first M rows hold one
 * number after the other, that of query n and head h at n H + h; M is as small as it can be. A number below 0 masks
 * nothing; r stands for row M + r, which hides key s where bit s % 32 of its word floor(s / 32) is set. Any number of
 * queries and heads may name the same row. Keys from 32 W on are not masked. It is one tensor because of the few buffers
 * that WebGPU promises.
 */
export interface EdgeMask {
  /** W. */
  readonly words: number;
  /** The element at which the bits of row 0 begin. */
  readonly firstBits: number;
  /** R. */
  readonly nRows: number;
}

/**
 * Where a mask of this shape has what.
 * @param shape (M + R, W)
 * @param nQueries N: rows of q, used or not
 */
export function edgeMask(shape: readonly number[], nQueries: number, nHeads: number): EdgeMask {
  const [rows = 0, words = 0] = shape;
  const mapRows = Math.ceil((nQueries * nHeads) / words);
  return { words, firstBits: mapRows * words, nRows: rows - mapRows };
}

/** The shape of a mask with `nRows` rows of bits for `nKeys` keys. */
export function edgeMaskShape(
  nQueries: number,
  nHeads: number,
  nKeys: number,
  nRows: number,
): [number, number] {
  const words = Math.ceil(nKeys / 32);
  return [Math.ceil((nQueries * nHeads) / words) + nRows, words];
}
