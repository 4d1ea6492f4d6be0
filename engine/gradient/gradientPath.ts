import { InputError } from "../base/errors.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import type { Plan, PlanOp } from "../plan/plan.ts";
import { isRef } from "../plan/planBuilder.ts";
import { vjpOf } from "./operatorVjps.ts";

/** The part of a plan that lies between the values asked for and the logits. */
export interface GradientPath {
  /** Indices of the operators that a gradient goes through, ascending. */
  readonly visited: readonly number[];
  /** Values whose gradients are added up. */
  readonly wanted: ReadonlySet<string>;
  /** Values whose numbers that takes. */
  readonly read: ReadonlySet<string>;
  /** The first operator of the head: from there on, each row is made of its own alone. */
  readonly head: number;
}

/**
 * @param asked names of values, or of sites that operators give gradients of though nothing reads them, with what they are asked for as
 * @throws InputError ERR_GRADIENT for what the logits do not depend on, and for operators that gradients do not go through
 */
export function gradientPath({ ops }: Plan, asked: ReadonlyMap<string, string>): GradientPath {
  const reaching = new Set([LOGITS]);
  const givers = new Map<string, PlanOp>();
  for (const op of ops.toReversed()) {
    if (!op.outputs.some((name) => reaching.has(name))) continue;
    for (const name of throughInputs(op)) reaching.add(name);
    for (const site of vjpOf(op.operator)?.sites?.(op.operator) ?? []) givers.set(site, op);
  }
  const names = [...asked.keys()];
  const unreached = names.find((name) => !reaching.has(name) && !givers.has(name));
  if (unreached !== undefined)
    throw new InputError(
      "ERR_GRADIENT",
      `backward: expected sites that the logits depend on, got ${asked.get(unreached)}, through which no gradient goes. Chosen experts and keys are held fixed, and edited maps of latent attention read the latent itself; leave the site out of at.`,
    );
  const giving = new Set(
    names.flatMap((name) => (reaching.has(name) ? [] : (givers.get(name) ?? []))),
  );
  const wanted = new Set(names.filter((name) => reaching.has(name)));
  const visited = ops.flatMap((op, index) => {
    const outputs = op.outputs.filter((name) => reaching.has(name));
    const isNeeded = giving.has(op) || throughInputs(op).some((name) => wanted.has(name));
    if (outputs.length === 0 || !isNeeded) return [];
    if (vjpOf(op.operator) === null) throw unknown(op);
    for (const name of outputs) wanted.add(name);
    return [index];
  });
  return {
    visited,
    wanted,
    read: new Set(visited.flatMap((index) => readBy(ops[index]))),
    head: headOf(ops),
  };
}

/** What gradients of an operator's outputs flow into; everything that it reads, where it is not known how. */
export function throughInputs({ operator, inputs }: PlanOp): readonly string[] {
  const vjp = vjpOf(operator);
  return vjp === null ? inputs : valuesIn(operator, vjp.inputs);
}

function readBy(op: PlanOp | undefined): string[] {
  const vjp = op === undefined ? null : vjpOf(op.operator);
  return op === undefined || vjp === null ? [] : valuesIn(op.operator, vjp.reads);
}

function valuesIn(operator: PlanOp["operator"], fields: readonly string[]): string[] {
  const byName: Readonly<Record<string, unknown>> = { ...operator };
  return fields.flatMap((field) => {
    const ref = byName[field];
    return isRef(ref) && ref.from === "value" ? ref.name : [];
  });
}

/** Edits of logits stand between what writes them and who reads them. */
function headOf(ops: readonly PlanOp[]): number {
  return ops.findIndex(({ outputs }) => outputs.some((name) => isLogits(name)));
}

/** Logits, or logits before an edit. */
export function isLogits(value: string): boolean {
  return value === LOGITS || value.startsWith(`${LOGITS}#`);
}

function unknown({ operator, layer }: PlanOp): InputError {
  const where = layer === null ? "" : ` of layer ${layer}`;
  return new InputError(
    "ERR_GRADIENT",
    `backward: expected operators that gradients go through, got ${operator.kind}${where}. Ask for sites behind it.`,
  );
}
