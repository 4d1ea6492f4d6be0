import { dot } from "../../../tensor/dot.ts";
import type { Step } from "../../deviceTensor.ts";
import type { ReadStreams, SpreadStreams, StreamWeights, WriteStreams } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function spreadStreams(op: SpreadStreams, { nTokens }: Step): void {
  const [x, out] = [floats(op.x), floats(op.out)];
  const width = rowSize(op.x);
  const n = rowSize(op.out) / width;
  for (let row = 0; row < nTokens * n; row++) {
    const token = Math.floor(row / n);
    out.set(x.subarray(token * width, (token + 1) * width), row * width);
  }
}

export function streamWeights(op: StreamWeights, { nTokens }: Step): void {
  const { eps } = op;
  const [x, logits, base, scale] = [op.x, op.logits, op.base, op.scale].map(floats) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [width, n] = [rowSize(op.x), rowSize(op.pre)];
  const perRow = rowSize(op.logits);
  const pre = floats(op.pre);
  for (let t = 0; t < nTokens; t++) {
    const squares = dot(x, t * width, x, t * width, width);
    const factor = 1 / Math.sqrt(squares / width + op.normEps);
    const z = (i: number): number =>
      at(logits, t * perRow + i) * factor * at(scale, i < n ? 0 : i < 2 * n ? 1 : 2) + at(base, i);
    for (let j = 0; j < n; j++) pre[t * n + j] = sigmoid(z(j)) + eps;
    if (op.post === null || op.comb === null) continue;
    const post = floats(op.post);
    for (let j = 0; j < n; j++) post[t * n + j] = 2 * sigmoid(z(n + j));
    const comb = floats(op.comb).subarray(t * n * n, (t + 1) * n * n);
    for (let j = 0; j < n; j++) {
      const row = Array.from({ length: n }, (_, k) => z(2 * n + j * n + k));
      const highest = Math.max(...row);
      const shares = row.map((value) => Math.exp(value - highest));
      const sum = shares.reduce((a, b) => a + b, 0);
      shares.forEach((share, k) => {
        comb[j * n + k] = share / sum + eps;
      });
    }
    divideColumns(comb, n, eps);
    for (let step = 1; step < op.sinkhornSteps; step++) {
      divideRows(comb, n, eps);
      divideColumns(comb, n, eps);
    }
  }
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

function divideRows(matrix: Float64Array, n: number, eps: number): void {
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += at(matrix, j * n + k);
    for (let k = 0; k < n; k++) matrix[j * n + k] = at(matrix, j * n + k) / (sum + eps);
  }
}

function divideColumns(matrix: Float64Array, n: number, eps: number): void {
  for (let k = 0; k < n; k++) {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += at(matrix, j * n + k);
    for (let j = 0; j < n; j++) matrix[j * n + k] = at(matrix, j * n + k) / (sum + eps);
  }
}

export function readStreams(op: ReadStreams, { nTokens }: Step): void {
  const [x, pre, out] = [floats(op.x), floats(op.pre), floats(op.out)];
  const [n, width] = [rowSize(op.pre), rowSize(op.out)];
  for (let t = 0; t < nTokens; t++)
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += at(pre, t * n + j) * at(x, (t * n + j) * width + i);
      out[t * width + i] = sum;
    }
}

export function writeStreams(op: WriteStreams, { nTokens }: Step): void {
  const [x, delta, out] = [floats(op.x), floats(op.delta), floats(op.out)];
  const [post, comb] = [floats(op.post), floats(op.comb)];
  const [n, width] = [rowSize(op.post), rowSize(op.delta)];
  for (let t = 0; t < nTokens; t++)
    for (let k = 0; k < n; k++)
      for (let i = 0; i < width; i++) {
        let sum = at(post, t * n + k) * at(delta, t * width + i);
        for (let j = 0; j < n; j++)
          sum += at(comb, (t * n + j) * n + k) * at(x, (t * n + j) * width + i);
        out[(t * n + k) * width + i] = sum;
      }
}
