/* Sums of values by their weights. Loop bodies hold at most fifteen vectors, their loads among them: see tile.ts. */

/** Sixteen columns of `accumulate`, four sums at a time. */
function accumulate16(
  p: usize,
  v: usize,
  stride: usize,
  count: i32,
  factors: v128,
  out: usize,
): void {
  let acc0 = f32x4.mul(v128.load(out, 0), factors);
  let acc1 = f32x4.mul(v128.load(out, 16), factors);
  let acc2 = f32x4.mul(v128.load(out, 32), factors);
  let acc3 = f32x4.mul(v128.load(out, 48), factors);
  let from = v;
  const end = p + ((<usize>count) << 2);
  while (p < end) {
    const weight = v128.load32_splat(p);
    acc0 = f32x4.add(acc0, f32x4.mul(weight, v128.load(from, 0)));
    acc1 = f32x4.add(acc1, f32x4.mul(weight, v128.load(from, 16)));
    acc2 = f32x4.add(acc2, f32x4.mul(weight, v128.load(from, 32)));
    acc3 = f32x4.add(acc3, f32x4.mul(weight, v128.load(from, 48)));
    from += stride;
    p += 4;
  }
  v128.store(out, acc0, 0);
  v128.store(out, acc1, 16);
  v128.store(out, acc2, 32);
  v128.store(out, acc3, 48);
}

/** out = factor out + sum over i of p[i] v[i], i ascending. */
export function accumulate(
  p: usize,
  v: usize,
  stride: usize,
  count: i32,
  d: i32,
  factor: f32,
  out: usize,
): void {
  const factors = f32x4.splat(factor);
  let j = 0;
  for (; j + 16 <= d; j += 16) {
    const at = (<usize>j) << 2;
    accumulate16(p, v + at, stride, count, factors, out + at);
  }
  for (; j + 4 <= d; j += 4) {
    const to = out + ((<usize>j) << 2);
    let acc = f32x4.mul(v128.load(to), factors);
    let from = v + ((<usize>j) << 2);
    for (let i = 0; i < count; i++) {
      const weight = v128.load32_splat(p + ((<usize>i) << 2));
      acc = f32x4.add(acc, f32x4.mul(weight, v128.load(from)));
      from += stride;
    }
    v128.store(to, acc);
  }
  for (; j < d; j++) {
    const to = out + ((<usize>j) << 2);
    let acc = load<f32>(to) * factor;
    let from = v + ((<usize>j) << 2);
    for (let i = 0; i < count; i++) {
      acc += load<f32>(p + ((<usize>i) << 2)) * load<f32>(from);
      from += stride;
    }
    store<f32>(to, acc);
  }
}

/** Sixteen columns of `accumulate` for two queries, which share the loads of the values. */
function accumulate16Twice(
  p: usize,
  apart: usize,
  v: usize,
  stride: usize,
  count: i32,
  factor: f32,
  otherFactor: f32,
  out: usize,
  other: usize,
): void {
  let factors = f32x4.splat(factor);
  let acc0 = f32x4.mul(v128.load(out, 0), factors);
  let acc1 = f32x4.mul(v128.load(out, 16), factors);
  let acc2 = f32x4.mul(v128.load(out, 32), factors);
  let acc3 = f32x4.mul(v128.load(out, 48), factors);
  factors = f32x4.splat(otherFactor);
  let acc4 = f32x4.mul(v128.load(other, 0), factors);
  let acc5 = f32x4.mul(v128.load(other, 16), factors);
  let acc6 = f32x4.mul(v128.load(other, 32), factors);
  let acc7 = f32x4.mul(v128.load(other, 48), factors);
  let from = v;
  const end = p + ((<usize>count) << 2);
  while (p < end) {
    const x = v128.load32_splat(p);
    const y = v128.load32_splat(p + apart);
    let value = v128.load(from, 0);
    acc0 = f32x4.add(acc0, f32x4.mul(x, value));
    acc4 = f32x4.add(acc4, f32x4.mul(y, value));
    value = v128.load(from, 16);
    acc1 = f32x4.add(acc1, f32x4.mul(x, value));
    acc5 = f32x4.add(acc5, f32x4.mul(y, value));
    value = v128.load(from, 32);
    acc2 = f32x4.add(acc2, f32x4.mul(x, value));
    acc6 = f32x4.add(acc6, f32x4.mul(y, value));
    value = v128.load(from, 48);
    acc3 = f32x4.add(acc3, f32x4.mul(x, value));
    acc7 = f32x4.add(acc7, f32x4.mul(y, value));
    from += stride;
    p += 4;
  }
  v128.store(out, acc0, 0);
  v128.store(out, acc1, 16);
  v128.store(out, acc2, 32);
  v128.store(out, acc3, 48);
  v128.store(other, acc4, 0);
  v128.store(other, acc5, 16);
  v128.store(other, acc6, 32);
  v128.store(other, acc7, 48);
}

/** `accumulate` of two queries; the second one's weights stand `apart` bytes behind the first one's. */
export function accumulateTwice(
  p: usize,
  apart: usize,
  v: usize,
  stride: usize,
  count: i32,
  d: i32,
  factor: f32,
  otherFactor: f32,
  out: usize,
  other: usize,
): void {
  const whole = (<usize>(d & ~15)) << 2;
  for (let at: usize = 0; at < whole; at += 64)
    accumulate16Twice(p, apart, v + at, stride, count, factor, otherFactor, out + at, other + at);
  const rest = d & 15;
  if (rest === 0) return;
  accumulate(p, v + whole, stride, count, rest, factor, out + whole);
  accumulate(p + apart, v + whole, stride, count, rest, otherFactor, other + whole);
}
