/**
 * One block of weights taken apart, in numbers of the file: weight i is `d * scales[g] * codes[i] - dmin * minima[g]` with
 * g = floor(i / group). Every product is exact in float32; only the difference rounds.
 */
export interface BlockParts {
  /** (size) i8; an offset that the type has is already taken off, a table already looked up. */
  readonly codes: Int8Array;
  /** (size / group) i8; 1 where the type has none but `d`. */
  readonly scales: Int8Array;
  /** (size / group) u8; 0 where the type has none. */
  readonly minima: Uint8Array;
  /** An f16's value. */
  d: number;
  /** An f16's value; 0 where the type has no minima. */
  dmin: number;
}

/** How ggml lays out one block of a type. @see https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h */
export interface BlockReader {
  /** Weights of a block. */
  readonly size: 32 | 256;
  /** Bytes of a block. */
  readonly bytes: number;
  /** Weights that share a scale. */
  readonly group: 16 | 32;
  /** Fills every field of `parts` from the bytes of `data` at `at`. */
  read(data: Uint8Array, at: number, parts: BlockParts): void;
}

export function emptyParts({ size, group }: BlockReader): BlockParts {
  const nGroups = size / group;
  return {
    codes: new Int8Array(size),
    scales: new Int8Array(nGroups).fill(1),
    minima: new Uint8Array(nGroups),
    d: 0,
    dmin: 0,
  };
}
