/**
 * exp in f32 within 2 ulp on every adapter; WGSL's own may be off by 3 + 2|x| ulp. The argument is clamped to
 * [-87, 88], so nothing overflows. exp(x) = 2^n exp(r) with r = x - n ln 2 in two parts (Cody and Waite) and a
 * Taylor polynomial on |r| <= 0.35.
 */
export const EXP = `
fn expF32(x: f32) -> f32 {
  let c = clamp(x, -87.0, 88.0);
  let n = round(c * 1.44269504);
  let r = fma(n, 2.12194440e-4, fma(n, -0.693359375, c));
  var p = 1.9841270e-4;
  p = fma(p, r, 1.3888889e-3);
  p = fma(p, r, 8.3333333e-3);
  p = fma(p, r, 4.1666667e-2);
  p = fma(p, r, 1.6666667e-1);
  p = fma(p, r, 0.5);
  p = fma(p, r, 1.0);
  p = fma(p, r, 1.0);
  return p * bitcast<f32>(u32(i32(n) + 127) << 23u);
}`;

/** silu(x) = x sigmoid(x); needs EXP. */
export const SILU = `
fn silu(x: f32) -> f32 { return x / (1.0 + expF32(-x)); }`;

/** Below every finite score, for maxima that have seen nothing yet. */
export const LOWEST = "-3.4028234e38";

/** Bits of -infinity, which WGSL has no literal for. */
export const NEGATIVE_INFINITY_BITS = "0xff800000u";

export const INFINITY_BITS = "0x7f800000u";

/** Bits of a NaN, for a parameter: WGSL evaluates no NaN before it runs. */
export const NAN_BITS = 0x7fc00000;
