import { BLOCK_READERS } from "./blocks/blockReaders.ts";

/** The tensor types this engine reads, by ggml's numbers: elements and bytes of a block. */
export const GGUF_TYPES = {
  F32: { number: 0, block: 1, bytes: 4 },
  F16: { number: 1, block: 1, bytes: 2 },
  Q4_0: { number: 2, block: 32, bytes: 18 },
  Q4_1: { number: 3, ...ofBlocks("Q4_1") },
  Q5_0: { number: 6, ...ofBlocks("Q5_0") },
  Q5_1: { number: 7, ...ofBlocks("Q5_1") },
  Q8_0: { number: 8, block: 32, bytes: 34 },
  Q2_K: { number: 10, ...ofBlocks("Q2_K") },
  Q3_K: { number: 11, ...ofBlocks("Q3_K") },
  Q4_K: { number: 12, block: 256, bytes: 144 },
  Q5_K: { number: 13, block: 256, bytes: 176 },
  Q6_K: { number: 14, block: 256, bytes: 210 },
  IQ4_NL: { number: 20, ...ofBlocks("IQ4_NL") },
  IQ4_XS: { number: 23, ...ofBlocks("IQ4_XS") },
  BF16: { number: 30, block: 1, bytes: 2 },
  MXFP4: { number: 39, block: 32, bytes: 17 },
} as const;

function ofBlocks(type: keyof typeof BLOCK_READERS): { block: number; bytes: number } {
  const { size, bytes } = BLOCK_READERS[type];
  return { block: size, bytes };
}

export type GgufType = keyof typeof GGUF_TYPES;
/** Types of blocks, which safetensors does not have. */
export type GgufBlockType = Exclude<GgufType, "F32" | "F16" | "BF16">;

/** Types that are known by name only, for messages. */
const OTHERS: Readonly<Record<number, string>> = {
  9: "Q8_1",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  21: "IQ3_S",
  22: "IQ2_S",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
  40: "NVFP4",
  41: "Q1_0",
};

const BY_NUMBER = new Map(
  Object.entries(GGUF_TYPES).map(([name, { number }]) => [number as number, name as GgufType]),
);

export function ggufType(number: number): GgufType | null {
  return BY_NUMBER.get(number) ?? null;
}

export function ggufTypeName(number: number): string {
  return ggufType(number) ?? OTHERS[number] ?? `type ${number}`;
}

export function isGgufBlockType(dtype: string): dtype is GgufBlockType {
  return Object.hasOwn(GGUF_TYPES, dtype) && GGUF_TYPES[dtype as GgufType].block > 1;
}
