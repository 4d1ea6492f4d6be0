import type { WeightBytes } from "../../engine/backend/backend.ts";
import type { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import type { Operator } from "../../engine/backend/operators.ts";
import { RandomBytes } from "../synthetic/randomWeights.ts";

/** Formats of weights by which rows are multiplied. */
export type ProductDType = "q8_0" | "q4_k" | "bf16";

/** Rows of x times a weight of random codes. */
export interface Product {
  /** Each once for each row of x. */
  readonly multiplied: number;
  /** As they are stored. */
  readonly bytes: number;
  readonly program: readonly Operator[];
  run(): void;
}

/** Columns of a weight, and rows that are written at a time. */
const [WIDTH, PIECE] = [1024, 1024];

/** As many whole pieces of rows as come to at most `mostBytes`, one at least. */
export function rowsWithin(dtype: ProductDType, mostBytes: number): number {
  const bits = { q8_0: 8.5, q4_k: 4.625, bf16: 16 }[dtype];
  return Math.max(1, Math.floor((8 * mostBytes) / bits / WIDTH / PIECE)) * PIECE;
}

/**
 * @param rows of the weight, each of 1024 columns
 * @param tokens rows of x
 */
export function productOf(
  backend: CpuBackend,
  dtype: ProductDType,
  rows: number,
  tokens = 1,
): Product {
  const random = new RandomBytes();
  const weight = backend.allocWeight([rows, WIDTH], dtype, "weight");
  const atOnce = Math.min(rows, PIECE);
  const piece = randomPiece(random, dtype, atOnce * WIDTH);
  for (let row = 0; row < rows; row += atOnce) backend.writeWeight(weight, row * WIDTH, piece);
  const x = backend.alloc([tokens, WIDTH], "f32", "x");
  const out = backend.alloc([tokens, rows], "f32", "out");
  backend.write(
    x,
    0,
    Float32Array.from({ length: tokens * WIDTH }, (_, i) => Math.sin(i)),
  );
  const program: Operator[] = [
    { kind: "matmul", rows: "tokens", x, weight, bias: null, residual: null, out },
  ];
  return {
    ...{ multiplied: tokens * rows * WIDTH, bytes: weight.sizeBytes, program },
    run: () => backend.execute(program, { nTokens: tokens, start: 0 }),
  };
}

/** Random codes, with scales that are numbers. */
function randomPiece(random: RandomBytes, dtype: ProductDType, count: number): WeightBytes {
  const bytesOf = (length: number): Uint8Array => {
    const words = new Uint32Array(Math.ceil(length / 4));
    random.fill(words);
    return new Uint8Array(words.buffer, 0, length);
  };
  if (dtype === "bf16") {
    const data = bytesOf(2 * count);
    for (let i = 1; i < data.length; i += 2) data[i] = 0x3c | ((data[i] as number) & 0x80); // of about 0.01
    return { dtype, data };
  }
  const group = dtype === "q8_0" ? 32 : 256;
  const scaleBytes = dtype === "q8_0" ? 2 : 20;
  const scales = bytesOf((count / group) * scaleBytes);
  const halves = dtype === "q8_0" ? 1 : 2; // of each group, in front: f16 of about 0.01
  for (let at = 0; at < scales.length; at += scaleBytes)
    for (let half = 0; half < halves; half++) scales[at + 2 * half + 1] = 0x21;
  return { dtype, data: bytesOf(dtype === "q8_0" ? count : count / 2), scales, group };
}
