/**
 * e^x of four lanes, relative error below 2e-7, 0 and infinity where f32 ends; NaN stays NaN.
 * x = n ln 2 + r with |r| <= ln 2 / 2, then Taylor's polynomial of degree 7 (remainder below 6e-9) times 2^n.
 */
export function exp4(x: v128): v128 {
  const clamped = f32x4.pmin(f32x4.splat(100), f32x4.pmax(f32x4.splat(-110), x));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(<f32>NativeMath.LOG2E)));
  // ln 2 in two parts; the first has few enough bits that n times it is exact.
  const head = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693145751953125)));
  const r = f32x4.sub(head, f32x4.mul(n, f32x4.splat(1.42860682e-6)));

  let p = f32x4.splat(1.0 / 5040.0);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 720.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 120.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 24.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.0 / 6.0));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(0.5));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1));

  // 2^n in two factors, so that results below the normal range and infinity come out by themselves.
  const exponent = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(exponent, 1);
  const rest = i32x4.sub(exponent, half);
  const bias = i32x4.splat(127);
  const scaled = f32x4.mul(p, i32x4.shl(i32x4.add(half, bias), 23));
  return f32x4.mul(scaled, i32x4.shl(i32x4.add(rest, bias), 23));
}

export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

export function sigmoid1(x: f32): f32 {
  return <f32>1 / (<f32>1 + exp1(-x));
}
