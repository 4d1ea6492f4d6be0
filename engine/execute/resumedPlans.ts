import type { CompiledEdits } from "../act/compileEdits.ts";
import type { ModelSpec } from "../model/spec.ts";
import { uniformForm } from "../plan/attentionForm.ts";
import { compilePlan, LOGITS } from "../plan/compilePlan.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { FINAL_HIDDEN } from "../plan/planMtp.ts";
import { lastWriter, type PlanPart, planPart } from "../plan/planPart.ts";
import { resumePoint } from "../plan/resumePoint.ts";
import { specialise } from "../plan/specialise.ts";
import { kindOfEdits } from "./kindOfEdits.ts";

/** Those of the last few kinds of edits are remembered: neighbours in a grid are mostly of one kind. */
const MOST = 8;

/** An edited forward pass without what it has in common with the pass without edits. */
export interface ResumedPlan {
  /** From there to the final norm. */
  readonly body: PlanPart;
  /** The unembedding, which is for few rows. */
  readonly head: Plan;
}

/** The plans of edited passes that begin where the edits do. Those of edits that differ in their numbers alone are the same. */
export class ResumedPlans {
  readonly #spec: ModelSpec;
  /** Least recently used first. */
  readonly #known = new Map<string, ResumedPlan>();

  constructor(spec: ModelSpec) {
    this.#spec = spec;
  }

  /** @param form default: that of `compilePlan` */
  of(edits: CompiledEdits, form: AttentionForm = uniformForm(this.#spec)): ResumedPlan {
    const key = `${form.join(" ")} ${kindOfEdits(edits)}`;
    const plan = this.#known.get(key) ?? this.#compile(edits, form);
    this.#known.delete(key);
    this.#known.set(key, plan);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return plan;
  }

  #compile(edits: CompiledEdits, form: AttentionForm): ResumedPlan {
    const options = { form, observed: edits.observed };
    const plain = compilePlan(this.#spec, options);
    const isOfSpec = edits.spec === this.#spec; // unless they change how many experts a token has
    const edited = specialise(isOfSpec ? plain : compilePlan(edits.spec, options), edits.changes);
    const norm = lastWriter(edited.ops, FINAL_HIDDEN);
    const turned = edits.changes.shift > 0; // the tables are others from the first layer on
    const start = turned ? 0 : resumePoint(plain, edited, norm);
    return {
      body: planPart(edited, start, norm + 1),
      head: planPart(edited, norm + 1, lastWriter(edited.ops, LOGITS) + 1).plan,
    };
  }
}
