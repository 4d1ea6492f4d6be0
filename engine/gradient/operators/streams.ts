import { sigmoid } from "../../backend/reference/math.ts";
import { dot } from "../../tensor/dot.ts";
import { addScaled } from "../linear.ts";
import { addAt, at, gradientOf, type OperatorVjp } from "../vjp.ts";

/* The streams of hyper-connections, arXiv:2512.24880. */

export const spreadStreams: OperatorVjp<"spreadStreams"> = {
  inputs: ["x"],
  reads: [],
  backward(op, context) {
    const into = context.into(op.x);
    if (into === null) return;
    const gradient = gradientOf(context, op.out);
    const width = into.length / context.nTokens;
    const n = gradient.length / into.length;
    for (let row = 0; row < context.nTokens * n; row++)
      addScaled(1, gradient, row * width, width, into, Math.floor(row / n) * width);
  },
};

export const readStreams: OperatorVjp<"readStreams"> = {
  inputs: ["x", "pre"],
  reads: ["x", "pre"],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    const [x, pre] = [context.floats(op.x), context.floats(op.pre)];
    const [ofX, ofPre] = [context.into(op.x), context.into(op.pre)];
    const width = gradient.length / context.nTokens;
    const n = pre.length / context.nTokens;
    for (let row = 0; row < pre.length; row++) {
      const from = Math.floor(row / n) * width;
      if (ofX !== null) addScaled(at(pre, row), gradient, from, width, ofX, row * width);
      if (ofPre !== null) addAt(ofPre, row, dot(gradient, from, x, row * width, width));
    }
  },
};

export const writeStreams: OperatorVjp<"writeStreams"> = {
  inputs: ["x", "delta", "post", "comb"],
  reads: ["x", "delta", "post", "comb"],
  backward(op, context) {
    const gradient = gradientOf(context, op.out);
    const [x, delta] = [context.floats(op.x), context.floats(op.delta)];
    const [post, comb] = [context.floats(op.post), context.floats(op.comb)];
    const [ofX, ofDelta] = [context.into(op.x), context.into(op.delta)];
    const [ofPost, ofComb] = [context.into(op.post), context.into(op.comb)];
    const width = delta.length / context.nTokens;
    const n = post.length / context.nTokens;
    for (let t = 0; t < context.nTokens; t++)
      for (let k = 0; k < n; k++) {
        const to = t * n + k;
        if (ofDelta !== null)
          addScaled(at(post, to), gradient, to * width, width, ofDelta, t * width);
        if (ofPost !== null) addAt(ofPost, to, dot(gradient, to * width, delta, t * width, width));
        for (let j = 0; j < n; j++) {
          const [from, cell] = [t * n + j, (t * n + j) * n + k];
          if (ofX !== null)
            addScaled(at(comb, cell), gradient, to * width, width, ofX, from * width);
          if (ofComb !== null)
            addAt(ofComb, cell, dot(gradient, to * width, x, from * width, width));
        }
      }
  },
};

/** Through the sigmoids, the rounds of Sinkhorn, and the root mean square of all streams that logits are divided by. */
export const streamWeights: OperatorVjp<"streamWeights"> = {
  inputs: ["x", "logits"],
  reads: ["x", "logits"],
  async backward(op, context) {
    const [ofX, ofLogits] = [context.into(op.x), context.into(op.logits)];
    if (ofX === null && ofLogits === null) return;
    const [x, logits] = [context.floats(op.x), context.floats(op.logits)];
    const [base, scale] = [
      await context.weights.read(op.base),
      await context.weights.read(op.scale),
    ];
    const [ofPre, ofPost, ofComb] = [op.pre, op.post, op.comb].map(
      (ref) => ref && context.gradient(ref),
    );
    const { nTokens } = context;
    const [n = 0] = context.rowShape(op.pre);
    const [width, perRow] = [x.length / nTokens, logits.length / nTokens];
    for (let t = 0; t < nTokens; t++) {
      const r = 1 / Math.sqrt(dot(x, t * width, x, t * width, width) / width + op.normEps);
      const scaleOf = (i: number) => at(scale, i < n ? 0 : i < 2 * n ? 1 : 2);
      const z = Float64Array.from(
        { length: perRow },
        (_, i) => at(logits, t * perRow + i) * r * scaleOf(i) + at(base, i),
      );
      const ofZ = new Float64Array(perRow);
      for (let j = 0; j < n; j++) {
        if (ofPre) ofZ[j] = at(ofPre, t * n + j) * sigmoidSlope(at(z, j));
        if (ofPost) ofZ[n + j] = 2 * at(ofPost, t * n + j) * sigmoidSlope(at(z, n + j));
      }
      if (ofComb)
        ofZ.set(
          mixGradient(op, z.subarray(2 * n), n, ofComb.slice(t * n * n, (t + 1) * n * n)),
          2 * n,
        );
      let ofR = 0;
      ofZ.forEach((g, i) => {
        ofR += g * at(logits, t * perRow + i) * scaleOf(i);
        if (ofLogits !== null) addAt(ofLogits, t * perRow + i, g * r * scaleOf(i));
      });
      if (ofX !== null) addScaled((-ofR * r ** 3) / width, x, t * width, width, ofX, t * width);
    }
  },
};

function sigmoidSlope(x: number): number {
  const s = sigmoid(x);
  return s * (1 - s);
}

interface Rounds {
  readonly eps: number;
  readonly sinkhornSteps: number;
}

/** The gradient of z, (n, n), from that of the matrix that softmax over its rows and rounds of divisions make of it. */
function mixGradient(
  { eps, sinkhornSteps }: Rounds,
  z: Float64Array,
  n: number,
  gradient: Float64Array,
): Float64Array {
  const shares = z.slice();
  for (let j = 0; j < n; j++) {
    const row = shares.subarray(j * n, (j + 1) * n);
    const most = Math.max(...row);
    const sum = row.reduce((total, value) => total + Math.exp(value - most), 0);
    row.forEach((value, k) => {
      row[k] = Math.exp(value - most) / sum;
    });
  }
  const divisions: Division[] = [];
  let matrix = shares.map((share) => share + eps);
  const divide = (stride: number, step: number): void => {
    const division = {
      before: matrix,
      sums: sumsAlong(matrix, n, stride, step, eps),
      stride,
      step,
    };
    divisions.push(division);
    matrix = matrix.map((value, i) => value / at(division.sums, lineOf(i, n, stride)));
  };
  divide(1, n);
  for (let step = 1; step < sinkhornSteps; step++) {
    divide(n, 1);
    divide(1, n);
  }
  let of = gradient;
  for (const division of divisions.reverse()) of = undivided(division, n, of);
  const out = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    const along = dot(of, j * n, shares, j * n, n);
    for (let k = 0; k < n; k++)
      out[j * n + k] = at(shares, j * n + k) * (at(of, j * n + k) - along);
  }
  return out;
}

/** Every line of a matrix divided by its sum + eps: columns with a stride of 1 between lines, rows with one of n. */
interface Division {
  readonly before: Float64Array;
  readonly sums: Float64Array;
  readonly stride: number;
  /** Between the elements of a line. */
  readonly step: number;
}

function lineOf(i: number, n: number, stride: number): number {
  return stride === 1 ? i % n : Math.floor(i / n);
}

function sumsAlong(
  matrix: Float64Array,
  n: number,
  stride: number,
  step: number,
  eps: number,
): Float64Array {
  return Float64Array.from({ length: n }, (_, line) => {
    let sum = eps;
    for (let i = 0; i < n; i++) sum += at(matrix, line * stride + i * step);
    return sum;
  });
}

function undivided(
  { before, sums, stride, step }: Division,
  n: number,
  gradient: Float64Array,
): Float64Array {
  const along = new Float64Array(n);
  for (let line = 0; line < n; line++)
    for (let i = 0; i < n; i++) {
      const cell = line * stride + i * step;
      addAt(along, line, at(gradient, cell) * at(before, cell));
    }
  return gradient.map((g, i) => {
    const line = lineOf(i, n, stride);
    const sum = at(sums, line);
    return g / sum - at(along, line) / sum ** 2;
  });
}
