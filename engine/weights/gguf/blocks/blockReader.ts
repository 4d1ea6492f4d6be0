/**
 * Blocks of weights taken apart, in numbers of the file: weight i of block b is
 * `d[b] * scales[g] * codes[i] - dmin[b] * minima[g]` with g = floor(i / group), i and g counted over all blocks. Every
 * product is exact in float32; only the difference rounds.
 */
export interface BlockParts {
  /** (count * size) i8; an offset that the type has is already taken off, a table already looked up. */
  readonly codes: Int8Array;
  /** (count * size / group) i8; 1 where the type has none but `d`. */
  readonly scales: Int8Array;
  /** (count * size / group) u8; 0 where the type has none. */
  readonly minima: Uint8Array;
  /** (count) values of f16. */
  readonly d: Float32Array;
  /** (count) values of f16; 0 where the type has no minima. */
  readonly dmin: Float32Array;
}

/** How ggml lays out the blocks of a type. @see https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h */
export interface BlockReader {
  /** Weights of a block. */
  readonly size: 32 | 256;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Weights that share a scale. */
  readonly group: 16 | 32;
  /** Fills `parts` from `count` blocks, which start at `at` in `data`; what the type has none of is left. */
  read(data: Uint8Array, at: number, count: number, parts: BlockParts): void;
}

export function emptyParts({ size, group }: BlockReader, count: number): BlockParts {
  const nGroups = (count * size) / group;
  return {
    codes: new Int8Array(count * size),
    scales: new Int8Array(nGroups).fill(1),
    minima: new Uint8Array(nGroups),
    d: new Float32Array(count),
    dmin: new Float32Array(count),
  };
}
