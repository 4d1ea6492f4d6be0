import { normalizeRow } from "./dense";
import { weightAt } from "./lanes";
import { fillPointers, multiply } from "./multiply";
import { rotateRow } from "./rotate";

export function mlaLatent(
  bf16: i32,
  interleaved: i32,
  x: usize,
  weight: usize,
  eps: f32,
  cos: usize,
  sin: usize,
  rows: i32,
  start: i32,
  dLatent: i32,
  dRope: i32,
  out: usize,
): void {
  const width = (<usize>(dLatent + dRope)) << 2;
  const latent = (<usize>dLatent) << 2;
  for (let t = 0; t < rows; t++) {
    const from = x + <usize>t * width;
    const to = out + <usize>t * width;
    const angle = (<usize>(start + t) * (dRope >> 1)) << 2;
    normalizeRow(bf16, from, weight, eps, dLatent, to);
    memory.copy(to + latent, from + latent, (<usize>dRope) << 2);
    rotateRow(interleaved, to + latent, dRope, cos + angle, sin + angle);
  }
}

/**
 * For every head its own weight matrix (n, k): out[t,h][0..n) = w[h] x[t,h][0..k). Heads stand xHead and outHead floats
 * apart, rows `heads` times that; xHead = 0 gives one x for all heads, with xRow floats from row to row.
 */
export function multiplyHeads(
  format: usize,
  x: usize,
  xRow: i32,
  xHead: i32,
  w: usize,
  rows: i32,
  heads: i32,
  n: i32,
  k: i32,
  out: usize,
  outHead: i32,
  scratch: usize,
): void {
  const pointers = (<usize>rows) << 2;
  for (let h = 0; h < heads; h++) {
    fillPointers(scratch, x + ((<usize>(h * xHead)) << 2), (<usize>xRow) << 2, rows);
    fillPointers(
      scratch + pointers,
      out + ((<usize>(h * outHead)) << 2),
      (<usize>(heads * outHead)) << 2,
      rows,
    );
    multiply(
      format,
      w,
      <usize>h * n * k,
      k,
      n,
      k,
      scratch,
      scratch + pointers,
      rows,
      scratch + (pointers << 1),
    );
  }
}

/** Copies `count` floats per (row, head) from one strided place to another; fromHead = 0 shares a row's floats. */
export function copyHeads(
  from: usize,
  fromRow: i32,
  fromHead: i32,
  to: usize,
  toHead: i32,
  rows: i32,
  heads: i32,
  count: i32,
): void {
  for (let t = 0; t < rows; t++)
    for (let h = 0; h < heads; h++)
      memory.copy(
        to + ((<usize>((t * heads + h) * toHead)) << 2),
        from + ((<usize>(t * fromRow + h * fromHead)) << 2),
        (<usize>count) << 2,
      );
}

/** Sixteen columns of latent^T w for two latents: weights are read once, each column sums over c ascending. */
function expand16<W>(
  w: usize,
  rowBytes: usize,
  dLatent: i32,
  c0: usize,
  c1: usize,
  out0: usize,
  out1: usize,
): void {
  let a0 = f32x4.splat(0);
  let a1 = f32x4.splat(0);
  let a2 = f32x4.splat(0);
  let a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0);
  let b1 = f32x4.splat(0);
  let b2 = f32x4.splat(0);
  let b3 = f32x4.splat(0);
  let at = w;
  for (let c = 0; c < dLatent; c++) {
    const x = f32x4.splat(load<f32>(c0 + ((<usize>c) << 2)));
    const y = f32x4.splat(load<f32>(c1 + ((<usize>c) << 2)));
    let w0: v128;
    let w1: v128;
    let w2: v128;
    let w3: v128;
    if (isInteger<W>()) {
      w0 = i32x4.shl(v128.load16x4_u(at), 16);
      w1 = i32x4.shl(v128.load16x4_u(at, 8), 16);
      w2 = i32x4.shl(v128.load16x4_u(at, 16), 16);
      w3 = i32x4.shl(v128.load16x4_u(at, 24), 16);
    } else {
      w0 = v128.load(at);
      w1 = v128.load(at, 16);
      w2 = v128.load(at, 32);
      w3 = v128.load(at, 48);
    }
    a0 = f32x4.add(a0, f32x4.mul(w0, x));
    a1 = f32x4.add(a1, f32x4.mul(w1, x));
    a2 = f32x4.add(a2, f32x4.mul(w2, x));
    a3 = f32x4.add(a3, f32x4.mul(w3, x));
    b0 = f32x4.add(b0, f32x4.mul(w0, y));
    b1 = f32x4.add(b1, f32x4.mul(w1, y));
    b2 = f32x4.add(b2, f32x4.mul(w2, y));
    b3 = f32x4.add(b3, f32x4.mul(w3, y));
    at += rowBytes;
  }
  v128.store(out0, a0);
  v128.store(out0, a1, 16);
  v128.store(out0, a2, 32);
  v128.store(out0, a3, 48);
  v128.store(out1, b0);
  v128.store(out1, b1, 16);
  v128.store(out1, b2, 32);
  v128.store(out1, b3, 48);
}

function expandKeys<W>(
  cache: usize,
  width: i32,
  w: usize,
  rows: i32,
  heads: i32,
  dLatent: i32,
  dNope: i32,
  k: usize,
  dKey: i32,
): void {
  const whole = dNope & ~15;
  const rowBytes = <usize>dNope * sizeof<W>();
  for (let h = 0; h < heads; h++) {
    const wHead = w + <usize>(h * dLatent) * rowBytes;
    for (let s = 0; s < rows; s += 2) {
      const other = min(s + 1, rows - 1);
      const c0 = cache + ((<usize>(s * width)) << 2);
      const c1 = cache + ((<usize>(other * width)) << 2);
      const k0 = k + ((<usize>((s * heads + h) * dKey)) << 2);
      const k1 = k + ((<usize>((other * heads + h) * dKey)) << 2);
      for (let p = 0; p < whole; p += 16) {
        const at = (<usize>p) << 2;
        expand16<W>(wHead + <usize>p * sizeof<W>(), rowBytes, dLatent, c0, c1, k0 + at, k1 + at);
      }
      for (let p = whole; p < dNope; p++) {
        let sum0: f32 = 0;
        let sum1: f32 = 0;
        for (let c = 0; c < dLatent; c++) {
          const weight = weightAt<W>(wHead + <usize>c * rowBytes + <usize>p * sizeof<W>());
          sum0 += weight * load<f32>(c0 + ((<usize>c) << 2));
          sum1 += weight * load<f32>(c1 + ((<usize>c) << 2));
        }
        store<f32>(k0 + ((<usize>p) << 2), sum0);
        store<f32>(k1 + ((<usize>p) << 2), sum1);
      }
    }
  }
}

/** k[s,h][0..P) = w[h]^T latent of s. */
export function mlaExpandKeys(
  bf16: i32,
  cache: usize,
  width: i32,
  w: usize,
  rows: i32,
  heads: i32,
  dLatent: i32,
  dNope: i32,
  k: usize,
  dKey: i32,
): void {
  if (bf16) expandKeys<u16>(cache, width, w, rows, heads, dLatent, dNope, k, dKey);
  else expandKeys<f32>(cache, width, w, rows, heads, dLatent, dNope, k, dKey);
}

/** out[t,h] = w[:, hV:(h+1)V] z[t,h] for an output projection of width heads * V. */
export function projectHeads(
  format: usize,
  z: usize,
  w: usize,
  rows: i32,
  heads: i32,
  dValue: i32,
  dModel: i32,
  out: usize,
  scratch: usize,
): void {
  const pointers = (<usize>rows) << 2;
  const width = heads * dValue;
  for (let h = 0; h < heads; h++) {
    const column = h * dValue;
    fillPointers(scratch, z + ((<usize>column) << 2), (<usize>width) << 2, rows);
    fillPointers(
      scratch + pointers,
      out + ((<usize>(h * dModel)) << 2),
      (<usize>(heads * dModel)) << 2,
      rows,
    );
    multiply(
      format,
      w,
      column,
      width,
      dModel,
      dValue,
      scratch,
      scratch + pointers,
      rows,
      scratch + (pointers << 1),
    );
  }
}
