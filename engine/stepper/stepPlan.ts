import type { Step } from "../backend/deviceTensor.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { Plan } from "../plan/plan.ts";
import type { Site } from "../plan/sites/site.ts";
import { type SiteValue, siteValue } from "../plan/sites/siteValue.ts";
import type { StepperOperator } from "./stepperPlace.ts";

/** A plan as a stepper goes through it: which operator makes which site. */
export class StepPlan {
  readonly plan: Plan;
  readonly #values = new Map<string, { readonly value: SiteValue; readonly writer: number }>();
  readonly #sitesOf = new Map<number, string[]>();

  constructor(plan: Plan, sites: readonly Site[]) {
    this.plan = plan;
    for (const site of sites) {
      const name = mapMaker(site);
      const value = name === null ? siteValue(plan, site) : { name, first: 0, count: 0 };
      const writer = plan.ops.findLastIndex(({ outputs }) => outputs.includes(value.name));
      if (writer < 0) continue;
      this.#values.set(site.name, { value, writer });
      this.#sitesOf.set(writer, [...(this.#sitesOf.get(writer) ?? []), site.name]);
    }
  }

  /** The value that holds a site, and the index of the operator after which it is there; null for what no step holds. */
  place(site: string): { readonly value: SiteValue; readonly writer: number } | null {
    return this.#values.get(site) ?? null;
  }

  sitesOf(index: number): readonly string[] {
    return this.#sitesOf.get(index) ?? [];
  }

  /** The first operator that reads a value after it was written. */
  firstReader(name: string): number {
    return this.plan.ops.findIndex(({ inputs }) => inputs.includes(name));
  }

  operator(index: number, { start, nTokens }: Step): StepperOperator | null {
    const op = this.plan.ops[index];
    if (op === undefined) return null;
    const sizes = { rows: nTokens, capacity: start + nTokens };
    const shaped = (names: readonly string[]) =>
      names.flatMap((name) => {
        const value = this.plan.values.get(name);
        return value === undefined ? [] : { name, shape: concreteShape(value, sizes) };
      });
    return {
      index,
      kind: op.operator.kind,
      layer: op.layer,
      reads: shaped(op.inputs),
      writes: shaped(op.outputs),
      weights: op.weights,
      sites: this.sitesOf(index),
    };
  }
}

/** Attention maps are never written: they are there, to be recomputed, with the log-sum-exp of their layer's attention. */
function mapMaker({ source }: Site): string | null {
  if (source.kind === "pattern" || source.kind === "scores")
    return `blocks.${source.layer}.attn.lse`;
  return null;
}
