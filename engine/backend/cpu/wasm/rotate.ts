/** Rotates dim elements in place; cos and sin are the rows of one position. */
export function rotateRow(interleaved: i32, x: usize, dim: i32, cos: usize, sin: usize): void {
  const pairs = dim >> 1;
  const step: usize = interleaved ? 8 : 4;
  const apart: usize = interleaved ? 4 : (<usize>pairs) << 2;
  let at = x;
  for (let j = 0; j < pairs; j++) {
    const a = load<f32>(at);
    const b = load<f32>(at + apart);
    const c = load<f32>(cos + ((<usize>j) << 2));
    const s = load<f32>(sin + ((<usize>j) << 2));
    store<f32>(at, a * c - b * s);
    store<f32>(at + apart, b * c + a * s);
    at += step;
  }
}

/** Rows [from, to), of which each is a head of a token. */
export function rope(
  interleaved: i32,
  x: usize,
  cos: usize,
  sin: usize,
  start: i32,
  heads: i32,
  dHead: i32,
  offset: i32,
  dim: i32,
  out: usize,
  from: i32,
  to: i32,
): void {
  const rowBytes = (<usize>dHead) << 2;
  const first = <usize>from * rowBytes;
  memory.copy(out + first, x + first, <usize>(to - from) * rowBytes);
  for (let row = from; row < to; row++) {
    const angle = (<usize>(start + row / heads) * (dim >> 1)) << 2;
    const head = out + <usize>row * rowBytes + ((<usize>offset) << 2);
    rotateRow(interleaved, head, dim, cos + angle, sin + angle);
  }
}
