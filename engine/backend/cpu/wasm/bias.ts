import { weightAt } from "./lanes";

/** out[j] += bias[j], of a bias that is f32 or bf16; `first` is the bias' first element. */
export function addBias(bf16: i32, bias: usize, first: usize, n: i32, out: usize): void {
  if (bf16) addEach<u16>(bias + (first << 1), n, out);
  else addEach<f32>(bias + (first << 2), n, out);
}

function addEach<W>(bias: usize, n: i32, out: usize): void {
  const whole = n & ~3;
  for (let j = 0; j < whole; j += 4) {
    const at = out + ((<usize>j) << 2);
    let values: v128;
    if (isInteger<W>()) values = i32x4.shl(v128.load16x4_u(bias + ((<usize>j) << 1)), 16);
    else values = v128.load(bias + ((<usize>j) << 2));
    v128.store(at, f32x4.add(v128.load(at), values));
  }
  for (let j = whole; j < n; j++) {
    const at = out + ((<usize>j) << 2);
    store<f32>(at, load<f32>(at) + weightAt<W>(bias + <usize>j * sizeof<W>()));
  }
}
