/** The tensor types this engine reads, by ggml's numbers: elements and bytes of a block. */
export const GGUF_TYPES = {
  F32: { number: 0, block: 1, bytes: 4 },
  F16: { number: 1, block: 1, bytes: 2 },
  Q4_0: { number: 2, block: 32, bytes: 18 },
  Q8_0: { number: 8, block: 32, bytes: 34 },
  Q4_K: { number: 12, block: 256, bytes: 144 },
  Q6_K: { number: 14, block: 256, bytes: 210 },
  BF16: { number: 30, block: 1, bytes: 2 },
  MXFP4: { number: 39, block: 32, bytes: 17 },
} as const;

export type GgufType = keyof typeof GGUF_TYPES;

/** Types that are known by name only, for messages. */
const OTHERS: Readonly<Record<number, string>> = {
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  13: "Q5_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  34: "TQ1_0",
  35: "TQ2_0",
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

/** Is the type one of blocks, which safetensors does not have? */
export function isGgufBlockType(
  dtype: string,
): dtype is "Q4_0" | "Q8_0" | "Q4_K" | "Q6_K" | "MXFP4" {
  return Object.hasOwn(GGUF_TYPES, dtype) && GGUF_TYPES[dtype as GgufType].block > 1;
}
