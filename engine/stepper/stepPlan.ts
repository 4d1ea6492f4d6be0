import type { Cut } from "../act/cuts.ts";
import type { Step } from "../backend/deviceTensor.ts";
import { type CutPlace, cutPlaces } from "../execute/cutPlaces.ts";
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
  readonly #cuts: readonly CutPlace[];

  /** @param cuts functions of the host that have their turns between its operators */
  constructor(plan: Plan, sites: readonly Site[], cuts: readonly Cut[]) {
    this.plan = plan;
    this.#cuts = cutPlaces(plan, cuts);
    for (const site of sites) {
      const isMap = site.source.kind === "pattern" || site.source.kind === "scores";
      const value = isMap ? { name: site.name, first: 0, count: 0 } : siteValue(plan, site);
      const writer =
        isMap && !plan.values.has(site.name)
          ? mapMaker(plan, site)
          : plan.ops.findLastIndex(({ outputs }) => outputs.includes(value.name));
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

  /** What reads a value after it was written and before the operator at `end`; null where nothing does. */
  readerBefore(name: string, end: number): string | null {
    const reader = this.plan.ops.slice(0, end).find(({ inputs }) => inputs.includes(name));
    if (reader !== undefined) return reader.operator.kind;
    const cut = this.#cuts.find(({ cut, index }) => index < end && cut.source?.value === name);
    return cut === undefined ? null : `an edit of ${cut.cut.target.site.name}`;
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

/** Maps that nobody edits are never written: they can be recomputed once their layer's attention was executed. */
function mapMaker({ ops }: Plan, { source }: Site): number {
  const layer = "layer" in source ? source.layer : null;
  return ops.findIndex((op) => op.layer === layer && op.operator.kind === "attention");
}
