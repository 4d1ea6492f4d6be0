import { widen } from "../../backend/widen.ts";
import { WeightsError } from "../../base/errors.ts";

const FLOATS = { F32: "f32", F16: "f16", BF16: "bf16" } as const;
const SCALE_DTYPES = ["F32", "F16", "BF16", "F8_E8M0"] as const;
export type ScaleDType = (typeof SCALE_DTYPES)[number];

export const isScaleDType = (dtype: string): dtype is ScaleDType =>
  (SCALE_DTYPES as readonly string[]).includes(dtype);

/**
 * Scales as they are stored: floats, or F8_E8M0, exponents of powers of two biased by 127.
 * @throws WeightsError ERR_WEIGHTS_NAN
 */
export function readScales(name: string, dtype: ScaleDType, bytes: Uint8Array): Float32Array {
  const scales = widened(dtype, bytes);
  const bad = scales.findIndex((scale) => !Number.isFinite(scale));
  if (bad >= 0)
    throw new WeightsError(
      "ERR_WEIGHTS_NAN",
      `${name}: expected finite scales, got ${scales[bad]} as number ${bad}. The checkpoint is damaged; download it again.`,
    );
  return scales;
}

function widened(dtype: ScaleDType, data: Uint8Array): Float32Array {
  if (dtype === "F8_E8M0")
    return Float32Array.from(data, (exponent) =>
      exponent === 255 ? Number.NaN : 2 ** (exponent - 127),
    );
  const scales = new Float32Array(data.byteLength / (dtype === "F32" ? 4 : 2));
  widen({ dtype: FLOATS[dtype], data }, scales, 0);
  return scales;
}
