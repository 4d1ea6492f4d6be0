import { breathe } from "../base/breathe.ts";
import { AbortedError } from "../base/errors.ts";
import type { ProgressListener } from "../base/progress.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import type { Plan, PlanValue, Ref } from "../plan/plan.ts";
import type { PlanChanges, PositionMask } from "../plan/planChanges.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { type GradientPath, isLogits } from "./gradientPath.ts";
import { vjpOf } from "./operatorVjps.ts";
import type { Tape } from "./tape.ts";
import type { Floats, VjpContext, WeightReader } from "./vjp.ts";

/** What a walk from the logits back to the tokens needs. */
export interface Walk {
  readonly plan: Plan;
  readonly path: GradientPath;
  readonly tape: Tape;
  readonly weights: WeightReader;
  /** What the plan was specialised with. */
  readonly changes: PlanChanges;
  /** Whose gradients stay. */
  readonly asked: ReadonlySet<string>;
  /** (V) the metric's gradient at its own row. */
  readonly seed: Float64Array;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ProgressListener | undefined;
}

/** The gradients of what was asked for, by name; the operators are visited once, the last first. @throws AbortedError ERR_ABORTED */
export async function walkBack(walk: Walk): Promise<ReadonlyMap<string, Float64Array>> {
  const { plan, path, asked, seed, tape, signal, onProgress } = walk;
  const gradients = new Map([[LOGITS, seed]]);
  const body = contextOf(walk, gradients, 0);
  const head = contextOf(walk, gradients, tape.nTokens - 1);
  const total = path.visited.length;
  for (const [done, index] of path.visited.toReversed().entries()) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const op = plan.ops[index];
    if (op === undefined) throw new Error(`the plan has no operator ${index}`);
    await vjpOf(op.operator)?.backward(op.operator, index < path.head ? body : head);
    for (const name of op.outputs) if (!asked.has(name)) gradients.delete(name);
    onProgress?.({ stage: "explain", done: done + 1, total, label: op.operator.kind });
    await breathe();
  }
  return gradients;
}

/** Rows from `start` to the last. */
function contextOf(walk: Walk, gradients: Map<string, Float64Array>, start: number): VjpContext {
  const { plan, path, tape, changes, weights, asked } = walk;
  const nTokens = tape.nTokens - start;
  const planValue = (name: string): PlanValue => {
    const value = plan.values.get(name);
    if (value === undefined) throw new Error(`the plan has no value ${name}`);
    return value;
  };
  const rowShape = ({ name }: Ref): readonly number[] =>
    planValue(name)
      .shape.slice(1)
      .map((axis) => (typeof axis === "number" ? axis : tape.columns));
  const widthOf = (ref: Ref) => rowShape(ref).reduce((a, b) => a * b, 1);

  /** The rows of this context, of what has one for each token. */
  const own = <A extends HostArray>(ref: Ref, all: A): A =>
    planValue(ref.name).shape[0] === "T" && !isLogits(ref.name)
      ? (all.subarray(start * widthOf(ref)) as A)
      : all;
  const numbers = (ref: Ref): HostArray => {
    const known =
      tape.values.get(ref.name) ??
      changes.constants.get(ref.name)?.data ??
      changes.rows.get(ref.name)?.data;
    if (known === undefined) throw new Error(`the numbers of ${ref.name} were not kept`);
    return own(ref, known);
  };
  const made = (name: string, length: number): Float64Array => {
    const known = gradients.get(name) ?? new Float64Array(length);
    gradients.set(name, known);
    return known;
  };
  return {
    start,
    nTokens,
    weights,
    rowShape,
    floats: (ref) => numbers(ref) as Floats,
    ints: (ref) => numbers(ref) as Int32Array,
    mask: ({ name }) => maskOf(changes, name),
    gradient(ref) {
      const gradient = gradients.get(ref.name);
      return gradient === undefined ? null : own(ref, gradient);
    },
    into(ref) {
      if (ref === null || !path.wanted.has(ref.name)) return null;
      const rows = isLogits(ref.name) ? 1 : tape.nTokens;
      return own(ref, made(ref.name, rows * widthOf(ref)));
    },
    intoSite: (site, size) => (asked.has(site) ? made(site, size) : null),
  };
}

function maskOf({ masks }: PlanChanges, name: string): PositionMask {
  const mask = masks.get(name);
  if (mask === undefined) throw new Error(`the changes have no mask ${name}`);
  return mask;
}
