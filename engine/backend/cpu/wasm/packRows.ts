/** The address of a row in an array of addresses. */
export function pointerAt(pointers: usize, r: i32): usize {
  return load<u32>(pointers + ((<usize>r) << 2));
}

/** Fills an array of addresses: base, base + step, ... */
export function fillPointers(pointers: usize, base: usize, step: usize, count: i32): void {
  let address = base;
  for (let r = 0; r < count; r++) {
    store<u32>(pointers + ((<usize>r) << 2), <u32>address);
    address += step;
  }
}

/**
 * k columns of rows of x, from byte `at` of each row on, in fours as tiles read them, [rows/4][k][4]: one address serves four rows. The
 * last four are filled up with the last row.
 */
export function packRows(xs: usize, at: usize, rows: i32, k: i32, to: usize): void {
  const last = rows - 1;
  for (let r = 0; r < rows; r += 4) {
    const x0 = pointerAt(xs, r) + at;
    const x1 = pointerAt(xs, min(r + 1, last)) + at;
    const x2 = pointerAt(xs, min(r + 2, last)) + at;
    const x3 = pointerAt(xs, min(r + 3, last)) + at;
    packFour(x0, x1, x2, x3, k, to);
    to += (<usize>k) << 4;
  }
}

function packFour(x0: usize, x1: usize, x2: usize, x3: usize, k: i32, to: usize): void {
  const whole = (<usize>(k & ~3)) << 2;
  const end = (<usize>k) << 2;
  for (let i: usize = 0; i < whole; i += 16) {
    const a = v128.load(x0 + i);
    const b = v128.load(x1 + i);
    const c = v128.load(x2 + i);
    const d = v128.load(x3 + i);
    const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
    const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
    const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 0, 1, 4, 5));
    v128.store(to, v128.shuffle<f32>(abLow, cdLow, 2, 3, 6, 7), 16);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 32);
    v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 48);
    to += 64;
  }
  for (let i = whole; i < end; i += 4) {
    store<f32>(to, load<f32>(x0 + i));
    store<f32>(to, load<f32>(x1 + i), 4);
    store<f32>(to, load<f32>(x2 + i), 8);
    store<f32>(to, load<f32>(x3 + i), 12);
    to += 16;
  }
}
