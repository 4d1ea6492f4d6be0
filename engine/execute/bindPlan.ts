import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { Operator } from "../backend/operators.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan, PlanOp, Ref } from "../plan/plan.ts";
import { isRef } from "../plan/planBuilder.ts";
import type { BufferPool } from "./bufferPool.ts";

/** A plan with a tensor in every place. */
export interface Program {
  readonly operators: readonly Operator[];
  /** Step-local tensors of the values that were asked to survive the step. */
  readonly kept: ReadonlyMap<string, DeviceTensor>;
}

export interface Bindings {
  /** Rows of an activation: the longest step. */
  readonly rows: number;
  /** Rows of "context" axes. */
  readonly capacity: number;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Tensors of inputs, tables and caches. */
  readonly fixed: (name: string) => DeviceTensor | undefined;
  /** Values to read after a step: their buffers are not reused within it. */
  readonly keep: ReadonlySet<string>;
  readonly pool: BufferPool;
}

/** Puts tensors where the plan has names. An activation's buffer is free again after its last reader. */
export function bindPlan(plan: Plan, bindings: Bindings): Program {
  const { keep, pool } = bindings;
  const lastUse = lastUses(plan.ops);
  const live = new Map<string, DeviceTensor>();
  const shapes = new Map<string, readonly number[]>();

  const resolve = ({ from, name }: Ref): DeviceTensor => {
    if (from === "weight") return bound(bindings.weights.get(name), name);
    const value = bound(plan.values.get(name), name);
    if (value.role !== "activation") return bound(bindings.fixed(name), name);
    const existing = live.get(name);
    if (existing !== undefined) return existing;
    const shape = concreteShape(value, bindings);
    const tensor = pool.acquire(shape, value.dtype);
    live.set(name, tensor);
    shapes.set(name, shape);
    return tensor;
  };
  const release = (name: string) => {
    const tensor = live.get(name);
    const shape = shapes.get(name);
    if (tensor !== undefined && shape !== undefined)
      pool.release(shape, plan.values.get(name)?.dtype ?? "f32", tensor);
  };

  const operators = plan.ops.map((op, index) => {
    const operator: Record<string, unknown> = { ...op.operator };
    for (const [field, value] of Object.entries(op.operator))
      if (isRef(value)) operator[field] = resolve(value);
    for (const name of new Set([...op.inputs, ...op.outputs]))
      if (lastUse.get(name) === index && !keep.has(name)) release(name);
    return operator as unknown as Operator;
  });
  const kept = new Map([...live].filter(([name]) => keep.has(name)));
  for (const name of kept.keys()) release(name); // another program of the same pool may use them: it runs in another step
  return { operators, kept };
}

function lastUses(ops: readonly PlanOp[]): Map<string, number> {
  const last = new Map<string, number>();
  ops.forEach((op, index) => {
    for (const name of [...op.inputs, ...op.outputs]) last.set(name, index);
  });
  return last;
}

function bound<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the plan names ${name}, but nothing was bound to it`);
  return value;
}
