/*
 * The largest of rows: the order of engine/tensor/topK.ts, so that the places are the host's. The first k places are a heap, the last of
 * them in that order on top; whatever does not come behind it takes its place.
 */

function at(heap: usize, i: i32): i32 {
  return load<i32>(heap + ((<usize>i) << 2));
}

function put(heap: usize, i: i32, place: i32): void {
  store<i32>(heap + ((<usize>i) << 2), place);
}

function numberAt(line: usize, place: i32): f32 {
  return load<f32>(line + ((<usize>place) << 2));
}

/** Whether the number at place i comes behind the one at place j: less, or as much and later; NaN is the smallest. */
function isBehind(line: usize, i: i32, j: i32): bool {
  const a = numberAt(line, i);
  const b = numberAt(line, j);
  if (a < b) return true;
  if (a > b) return false;
  const isNone = !(a <= <f32>Infinity);
  return isNone === !(b <= <f32>Infinity) ? i > j : isNone;
}

/** Brings what stands at `top` down below all that come behind it, among the first `count`. */
function sink(line: usize, heap: usize, top: i32, count: i32): void {
  const place = at(heap, top);
  let here = top;
  for (let below = 2 * here + 1; below < count; below = 2 * here + 1) {
    const other = below + 1;
    if (other < count && isBehind(line, at(heap, other), at(heap, below))) below = other;
    if (!isBehind(line, at(heap, below), place)) break;
    put(heap, here, at(heap, below));
    here = below;
  }
  put(heap, here, place);
}

/** The first place from `from` on that does not have less than `least` or as much; n where all have. */
function pastLess(line: usize, from: i32, n: i32, least: f32): i32 {
  const lanes = f32x4.splat(least);
  let place = from;
  for (; place + 16 <= n; place += 16) {
    const four = line + ((<usize>place) << 2);
    const a = f32x4.le(v128.load(four), lanes);
    const b = f32x4.le(v128.load(four, 16), lanes);
    const c = f32x4.le(v128.load(four, 32), lanes);
    const d = f32x4.le(v128.load(four, 48), lanes);
    if (i32x4.all_true(v128.and(v128.and(a, b), v128.and(c, d)))) continue;
    const low = i16x8.narrow_i32x4_s(a, b);
    const high = i16x8.narrow_i32x4_s(c, d);
    return place + ctz(~i8x16.bitmask(i8x16.narrow_i16x8_s(low, high)));
  }
  while (place < n && numberAt(line, place) <= least) place++;
  return place;
}

/** Of rows [from, to) of n, where the k largest stand, the largest first: k whole numbers of each into `out`. */
export function topOfRows(x: usize, n: i32, k: i32, out: usize, from: i32, to: i32): void {
  for (let row = from; row < to; row++) {
    const line = x + ((<usize>row * <usize>n) << 2);
    const heap = out + ((<usize>row * <usize>k) << 2);
    for (let place = 0; place < k; place++) put(heap, place, place);
    for (let top = (k >> 1) - 1; top >= 0; top--) sink(line, heap, top, k);
    let least = numberAt(line, at(heap, 0));
    for (let place = pastLess(line, k, n, least); place < n; ) {
      if (!isBehind(line, place, at(heap, 0))) {
        put(heap, 0, place);
        sink(line, heap, 0, k);
        least = numberAt(line, at(heap, 0));
      }
      place = pastLess(line, place + 1, n, least);
    }
    for (let left = k - 1; left > 0; left--) {
      const last = at(heap, 0);
      put(heap, 0, at(heap, left));
      put(heap, left, last);
      sink(line, heap, 0, left);
    }
  }
}
