import type { ReadStreams, SpreadStreams, StreamWeights, WriteStreams } from "../../operators.ts";
import { rowSize } from "../../tensorSize.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups, entry } from "../wgsl/entry.ts";
import { EXP } from "../wgsl/math.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";

/** out[t,j] = x[t]. */
export function compileSpreadStreams(op: SpreadStreams): readonly Kernel[] {
  const width = rowSize(op.x);
  const all = rowSize(op.out);
  return [
    {
      label: `spreadStreams ${all / width} of ${width}`,
      bindings: [reads("x", op.x), writes("out", op.out)],
      params: { width, all },
      body: () =>
        elementwise(
          "step.nTokens * params.all",
          "  out[i] = x(i / params.all * params.width + i % params.width);",
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * all),
    },
  ];
}

/** One workgroup per token: all of it takes the mean square, then one invocation each has a number, a row or a column. */
export function compileStreamWeights(op: StreamWeights): readonly Kernel[] {
  const { post, comb } = op;
  const [width, n] = [rowSize(op.x), rowSize(op.pre)];
  const size = normSize(width);
  const isWhole = post !== null && comb !== null;
  return [
    {
      label: `streamWeights ${n} of ${width / n}${isWhole ? "" : " to read"}`,
      bindings: [
        reads("x", op.x),
        reads("logits", op.logits),
        reads("base", op.base),
        reads("scale", op.scale),
        writes("pre", op.pre),
        ...(isWhole ? [writes("post", post), writes("comb", comb)] : []),
      ],
      params: { width, ...(isWhole ? { sinkhornSteps: op.sinkhornSteps } : {}) },
      body: () => `${EXP}
${meanSquareMemory(size)}
${isWhole ? `var<workgroup> matrix: array<f32, ${n * n}>;` : ""}
fn sigmoid(value: f32) -> f32 { return 1.0 / (1.0 + expF32(-value)); }
${entry(
  size,
  `  if (wg >= step.nTokens) { return; }
  let row = wg * params.width;
${meanSquare("x", "row", "params.width", size)}
  let inverse = 1.0 / sqrt(meanSquare + ${op.normEps});
  let z = wg * ${rowSize(op.logits)}u;
  if (lid < ${n}u) {
    pre[wg * ${n}u + lid] = sigmoid(logits(z + lid) * inverse * scale(0u) + base(lid)) + ${op.eps};
${
  isWhole
    ? `    let i = ${n}u + lid;
    post[wg * ${n}u + lid] = 2.0 * sigmoid(logits(z + i) * inverse * scale(1u) + base(i));`
    : ""
}
  }
${isWhole ? combination(n, size, op.eps) : ""}`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}

/** Softmax of every row, then rows and columns by their sums in turns. Invocation k has row or column k. */
function combination(n: number, size: number, eps: number): string {
  const each = (line: string) => `    for (var i = 0u; i < ${n}u; i++) { ${line} }`;
  const rows = `matrix[lid * ${n}u + i]`;
  const columns = `matrix[i * ${n}u + lid]`;
  const divide = (place: string) => `  if (lid < ${n}u) {
    var sum = 0.0;
${each(`sum += ${place};`)}
    sum += ${eps};
${each(`${place} /= sum;`)}
  }
  workgroupBarrier();`;
  return `  if (lid < ${n}u) {
    var highest = 0.0;
${each(`let at = ${2 * n}u + lid * ${n}u + i;
      let value = logits(z + at) * inverse * scale(2u) + base(at);
      ${rows} = value;
      highest = select(max(highest, value), value, i == 0u);`)}
    var sum = 0.0;
${each(`let share = expF32(${rows} - highest); ${rows} = share; sum += share;`)}
${each(`${rows} = ${rows} / sum + ${eps};`)}
  }
  workgroupBarrier();
${divide(columns)}
  for (var sinkhorn = 1u; sinkhorn < params.sinkhornSteps; sinkhorn++) {
${divide(rows)}
${divide(columns)}
  }
  for (var i = lid; i < ${n * n}u; i += ${size}u) { comb[wg * ${n * n}u + i] = matrix[i]; }`;
}

/** out[t] = sum over j of pre[t,j] x[t,j]. */
export function compileReadStreams(op: ReadStreams): readonly Kernel[] {
  const [n, width] = [rowSize(op.pre), rowSize(op.out)];
  return [
    {
      label: `readStreams ${n} of ${width}`,
      bindings: [reads("x", op.x), reads("pre", op.pre), writes("out", op.out)],
      params: { n, width },
      body: () =>
        elementwise(
          "step.nTokens * params.width",
          `  let first = i / params.width * params.n;
  let column = i % params.width;
  var sum = 0.0;
  for (var j = first; j < first + params.n; j++) { sum = fma(pre(j), x(j * params.width + column), sum); }
  out[i] = sum;`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}

/** out[t,k] = post[t,k] delta[t] + sum over j of comb[t,j,k] x[t,j]. */
export function compileWriteStreams(op: WriteStreams): readonly Kernel[] {
  const [n, width] = [rowSize(op.post), rowSize(op.delta)];
  return [
    {
      label: `writeStreams ${n} of ${width}`,
      bindings: [
        reads("x", op.x),
        reads("delta", op.delta),
        reads("post", op.post),
        reads("comb", op.comb),
        writes("out", op.out),
      ],
      params: { n, width },
      body: () =>
        elementwise(
          "step.nTokens * params.n * params.width",
          `  let stream = i / params.width;
  let column = i % params.width;
  let token = stream / params.n;
  let k = stream % params.n;
  var sum = post(stream) * delta(token * params.width + column);
  for (var j = token * params.n; j < (token + 1u) * params.n; j++) {
    sum = fma(comb(j * params.n + k), x(j * params.width + column), sum);
  }
  out[i] = sum;`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * n * width),
    },
  ];
}
