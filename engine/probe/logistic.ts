import { breathe } from "../base/breathe.ts";
import { AbortedError, InputError } from "../base/errors.ts";
import { inner } from "../tensor/dot.ts";

export interface LogisticFit {
  readonly weights: Float64Array; // (M)
  readonly intercept: number;
  readonly iterations: number;
  /** The largest of the objective's derivatives, by row. */
  readonly gradient: number;
}

interface Problem {
  readonly rows: Float64Array; // (R, M)
  readonly width: number;
  readonly labels: Uint8Array; // (R) 0 or 1
  readonly l2: number;
  readonly signal?: AbortSignal | undefined;
}

/** Where the largest derivative by row is below this, it has converged. */
const TOLERANCE = 1e-9;
const MAX_STEPS = 100;

/**
 * Minimises the sum of log(1 + exp(-y (w x + b))) plus l2 / 2 |w|^2, y being -1 or 1, by Newton's method in float64, each step solved by
 * conjugate gradients and halved until the objective falls by enough. The objective is strictly convex but for the intercept, which both
 * classes bound; so the minimum is the only one.
 * @see J. Nocedal, S. Wright, "Numerical Optimization", 2006, section 7.1
 * @throws InputError ERR_OPTION where it does not converge; AbortedError ERR_ABORTED between two passes over the rows
 */
export async function fitLogistic(problem: Problem): Promise<LogisticFit> {
  const { rows, width, labels, signal } = problem;
  const count = labels.length;
  let point: Float64Array = new Float64Array(width + 1); // weights, then the intercept
  let here = objective(problem, point);
  for (let iterations = 0; ; iterations++) {
    const { gradient, curvature } = derivatives(problem, point);
    const most = gradient.reduce((max, g) => Math.max(max, Math.abs(g)), 0) / count;
    if (most < TOLERANCE)
      return {
        weights: point.slice(0, width),
        intercept: point[width] as number,
        ...{ iterations, gradient: most },
      };
    if (iterations === MAX_STEPS)
      throw new InputError(
        "ERR_OPTION",
        `probe: expected convergence to ${TOLERANCE} within ${MAX_STEPS} Newton steps, got derivatives of ${most}. Take a larger l2.`,
      );
    const step = await conjugateGradients(
      async (v) => {
        if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
        await breathe();
        return hessianProduct({ rows, width, curvature, l2: problem.l2 }, v);
      },
      gradient,
      Math.max(1e-10, Math.min(0.1, most)),
    );
    const slope = -inner(gradient, step);
    for (let by = 1; ; by /= 2) {
      const next = point.map((x, i) => x - by * (step[i] as number));
      const there = objective(problem, next);
      const rounding = 1e-12 * (1 + Math.abs(here)); // at the minimum it hides what falls
      if (!(there <= here + 1e-4 * by * slope + rounding) && by > 1e-9) continue;
      point = next;
      here = there;
      break;
    }
  }
}

function objective({ rows, width, labels, l2 }: Problem, point: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (l2 / 2) * (point[i] as number) ** 2;
  for (const [row, label] of labels.entries()) {
    const z = score(rows, width, row, point);
    sum += softplus(label === 1 ? -z : z);
  }
  return sum;
}

/** The gradient, and for each row p (1 - p). */
function derivatives({ rows, width, labels, l2 }: Problem, point: Float64Array) {
  const gradient = point.map((x, i) => (i < width ? l2 * x : 0));
  const curvature = new Float64Array(labels.length);
  for (const [row, label] of labels.entries()) {
    const z = score(rows, width, row, point);
    const p = 1 / (1 + Math.exp(-z));
    curvature[row] = p * (1 / (1 + Math.exp(z)));
    // of a label that is met by far the difference keeps its digits
    addRow(rows, width, row, label === 1 ? -1 / (1 + Math.exp(z)) : p, gradient);
  }
  return { gradient, curvature };
}

function hessianProduct(
  { rows, width, curvature, l2 }: Omit<Problem, "labels" | "signal"> & { curvature: Float64Array },
  v: Float64Array,
): Float64Array {
  const out = v.map((x, i) => (i < width ? l2 * x : 0));
  for (const [row, by] of curvature.entries())
    addRow(rows, width, row, by * score(rows, width, row, v), out);
  return out;
}

/** Solves A x = b for a positive definite A, until what is left of b is that share of it. */
async function conjugateGradients(
  times: (v: Float64Array) => Promise<Float64Array>,
  b: Float64Array,
  share: number,
): Promise<Float64Array> {
  const x = new Float64Array(b.length);
  const residual = b.slice();
  let direction: Float64Array = b.slice();
  let square = inner(residual, residual);
  const enough = square * share ** 2;
  for (let step = 0; step < 2 * b.length && square > enough; step++) {
    const product = await times(direction);
    const bend = inner(direction, product);
    if (!(bend > 0)) break;
    const by = square / bend;
    for (let i = 0; i < x.length; i++) {
      x[i] = (x[i] as number) + by * (direction[i] as number);
      residual[i] = (residual[i] as number) - by * (product[i] as number);
    }
    const next = inner(residual, residual);
    const kept = next / square;
    direction = direction.map((d, i) => (residual[i] as number) + kept * d);
    square = next;
  }
  return x;
}

/** w x + b. */
export function score(rows: Float64Array, width: number, row: number, point: Float64Array): number {
  let sum = point[width] as number;
  const first = row * width;
  for (let i = 0; i < width; i++) sum += (rows[first + i] as number) * (point[i] as number);
  return sum;
}

function addRow(
  rows: Float64Array,
  width: number,
  row: number,
  by: number,
  into: Float64Array,
): void {
  const first = row * width;
  for (let i = 0; i < width; i++) into[i] = (into[i] as number) + by * (rows[first + i] as number);
  into[width] = (into[width] as number) + by;
}

/** log(1 + e^x). */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
