import type { Arithmetic, BackendName, PackedBytes } from "../../engine/backend/backend.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { PACKED_FORMATS, type PackedDType, packedLayout } from "../../engine/backend/packed.ts";
import { widen } from "../../engine/backend/widen.ts";

const [TOKENS, ROWS, WIDTH] = [4, 256, 1024];

/** Whole numbers below `limit`, the same each time. */
function* numbers(): Generator<number, never, number> {
  let state = 1;
  let limit = yield 0;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    limit = yield Math.floor((state / 2 ** 32) * limit);
  }
}

function weightOf(dtype: PackedDType, next: (limit: number) => number): PackedBytes {
  const { group, codeBytes } = packedLayout(dtype, [ROWS, WIDTH]);
  const { scaleBytes } = PACKED_FORMATS[dtype];
  const scales = new Uint8Array(((ROWS * WIDTH) / group) * scaleBytes);
  const view = new DataView(scales.buffer);
  for (let i = 0; i < scales.length; i += scaleBytes) {
    if (scaleBytes === 1) {
      view.setUint8(i, 120 + next(8)); // exponents of powers of two
      continue;
    }
    for (let j = i; j < i + scaleBytes; j++) view.setUint8(j, next(64));
    for (let j = i; j < i + (scaleBytes === 20 ? 4 : 2); j += 2)
      view.setUint16(j, 0x1400 + next(1024), true); // halves from 2^-10 to 2^-9
  }
  const data = Uint8Array.from({ length: codeBytes }, () => next(256));
  return { dtype, data, scales, group };
}

/**
 * Random activations times a random weight of the format: the largest difference from float64 over all outputs, as a share of
 * the sum of |products| of that output.
 */
export async function productError(
  dtype: PackedDType,
  name: BackendName,
  arithmetic: Arithmetic,
): Promise<number> {
  const random = numbers();
  random.next(0);
  const next = (limit: number): number => random.next(limit).value;
  const bytes = weightOf(dtype, next);
  const values = new Float32Array(ROWS * WIDTH);
  widen(bytes, values, 0);
  const activations = Float32Array.from(
    { length: TOKENS * WIDTH },
    () => next(2 ** 24) / 2 ** 23 - 1,
  );
  const { backend } = await openBackend(name, { arithmetic });
  const weight = backend.allocWeight([ROWS, WIDTH], dtype, "weight");
  backend.writeWeight(weight, 0, bytes);
  const x = backend.alloc([TOKENS, WIDTH], "f32", "x");
  const out = backend.alloc([TOKENS, ROWS], "f32", "out");
  backend.write(x, 0, activations);
  const given = { kind: "matmul", rows: "tokens", bias: null, residual: null } as const;
  backend.execute([{ ...given, x, weight, out }], { nTokens: TOKENS, start: 0 });
  const found = await backend.read(out);
  backend.dispose();
  let largest = 0;
  for (let at = 0; at < TOKENS * ROWS; at++) {
    const [token, row] = [Math.floor(at / ROWS), at % ROWS];
    let [sum, absolute] = [0, 0];
    for (let c = 0; c < WIDTH; c++) {
      const product =
        (values[row * WIDTH + c] as number) * (activations[token * WIDTH + c] as number);
      sum += product;
      absolute += Math.abs(product);
    }
    largest = Math.max(largest, Math.abs((found[at] as number) - sum) / absolute);
  }
  return largest;
}
