/** The float of a weight: W is u16 for bf16, f32 for f32. */
export function weightAt<W>(address: usize): f32 {
  if (isInteger<W>()) return reinterpret<f32>((<u32>load<u16>(address)) << 16);
  return load<f32>(address);
}

/** (l0 + l2) + (l1 + l3): the order in which every sum of lanes is taken. */
export function sumLanes(a: v128): f32 {
  const evens = f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 2);
  const odds = f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 3);
  return evens + odds;
}

/** Four sums of lanes at once, each in the order of `sumLanes`. */
export function sumLanes4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}
