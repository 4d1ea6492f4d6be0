import { LOGITS } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import type { AskedSite } from "./askedSite.ts";
import { type GradientPath, isLogits, throughInputs } from "./gradientPath.ts";
import { vjpOf } from "./operatorVjps.ts";

const FLOAT64 = 8;

/**
 * Bytes of gradients that the way back holds when it holds the most: those that operators add up before they are passed on, or, at its
 * end, those that were asked for beside the tensors made of them.
 * @param nTokens rows of the way back
 * @param ofRun rows of the run, which the tensors have
 */
export function backwardBytes(
  plan: Plan,
  path: GradientPath,
  asked: readonly AskedSite[],
  { nTokens, ofRun }: { readonly nTokens: number; readonly ofRun: number },
): number {
  const given = new Map(asked.map(({ name, site }) => [name, site]));
  const bytesOf = (name: string): number => {
    const value = plan.values.get(name);
    if (value === undefined) return FLOAT64 * elements(given.get(name)?.shape ?? [0], nTokens);
    const rows = isLogits(name) ? 1 : nTokens;
    return FLOAT64 * concreteShape(value, { rows, capacity: nTokens }).reduce((a, b) => a * b, 1);
  };
  const held = new Map([[LOGITS, bytesOf(LOGITS)]]);
  const total = (): number => [...held.values()].reduce((a, b) => a + b, 0);
  let most = total();
  for (const index of path.visited.toReversed()) {
    const op = plan.ops[index];
    if (op === undefined) throw new Error(`the plan has no operator ${index}`);
    for (const name of throughInputs(op)) if (path.wanted.has(name)) held.set(name, bytesOf(name));
    for (const site of vjpOf(op.operator)?.sites?.(op.operator) ?? [])
      if (given.has(site)) held.set(site, bytesOf(site));
    const copied = COPYING.has(op.operator.kind) ? op.outputs.map(bytesOf) : [];
    most = Math.max(
      most,
      copied.reduce((a, b) => a + b, total()),
    );
    for (const name of op.outputs) if (!given.has(name)) held.delete(name);
  }
  const tensors = asked.map(({ site }) => FLOAT64 * elements(site.shape, ofRun));
  const read = asked.map(({ site, copies }) =>
    copies ? FLOAT64 * elements(site.shape, nTokens) : 0,
  );
  return Math.max(most, tensors.reduce((a, b) => a + b, total()) + Math.max(0, ...read));
}

/** Kinds that pass a changed copy of a gradient on. */
const COPYING: ReadonlySet<string> = new Set(["edit", "editMap"]);

function elements(shape: AskedSite["site"]["shape"], nTokens: number): number {
  return shape.reduce<number>((n, axis) => n * (typeof axis === "number" ? axis : nTokens), 1);
}
