import { type ClassedOperator, costedOperators } from "../cost/costedOperators.ts";
import { type ClassedWeight, classedWeights } from "../cost/parameters.ts";
import { type CostedStep, type StepCost, stepCost } from "../cost/stepCost.ts";
import type { ModelSpec, MoeSpec } from "../model/spec.ts";
import { attentionForm } from "../plan/attentionForm.ts";
import { compilePlan } from "../plan/compilePlan.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { type CacheStorageName, cacheStorage } from "./cacheStorage.ts";
import type { WeightStorage } from "./weightStorage.ts";

/** Which rows of logits a step makes: of none of its tokens, or of the last of each sequence. */
type Logits = "none" | "last";

/** A model that only exists as its config, with what its steps take. Its plan is the one that would be executed. */
export class PaperModel {
  readonly spec: ModelSpec;
  readonly weights: readonly ClassedWeight[];
  readonly #storage: WeightStorage;
  readonly #cache: CacheStorageName;
  readonly #experts: readonly MoeSpec[];
  readonly #plans = new Map<AttentionForm, Plan>();
  readonly #operators = new Map<AttentionForm, Readonly<Record<Logits, ClassedOperator[]>>>();

  constructor(spec: ModelSpec, storage: WeightStorage, cache: CacheStorageName) {
    this.spec = spec;
    this.weights = classedWeights(spec);
    this.#storage = storage;
    this.#cache = cache;
    this.#experts = spec.layers.flatMap(({ feedForward }) =>
      feedForward.kind === "moe" ? [feedForward] : [],
    );
  }

  /** The forward pass with these forms of attention. */
  plan(form: AttentionForm): Plan {
    const plan = this.#plans.get(form) ?? compilePlan(this.spec, { form });
    this.#plans.set(form, plan);
    return plan;
  }

  /** One token more of each sequence. @param context positions that it sees, its own included */
  decode(context: number, batch: number): StepCost {
    const form = attentionForm(this.spec, 1);
    return this.#cost({ start: context - 1, nTokens: 1, nSequences: batch }, form, "last");
  }

  /** One sequence's prompt, chunk by chunk, each in the cheaper form of attention. */
  *prefill(nTokens: number, chunkSize: number): Iterable<StepCost> {
    for (let start = 0; start < nTokens; start += chunkSize) {
      const end = Math.min(nTokens, start + chunkSize);
      const form = attentionForm(this.spec, end - start, end);
      const step = { start, nTokens: end - start, nSequences: 1 };
      yield this.#cost(step, form, end === nTokens ? "last" : "none");
    }
  }

  #cost(
    step: Pick<CostedStep, "start" | "nTokens" | "nSequences">,
    form: AttentionForm,
    logits: Logits,
  ): StepCost {
    const rows = step.nTokens * step.nSequences;
    return stepCost({
      ...step,
      operators: this.#operatorsOf(form)[logits],
      nTouchedExperts: (moeLayer) => touchedOf(this.#experts[moeLayer], rows),
    });
  }

  #operatorsOf(form: AttentionForm): Readonly<Record<Logits, ClassedOperator[]>> {
    const known = this.#operators.get(form);
    if (known !== undefined) return known;
    const stored = new Map(
      this.weights.map((weight) => [
        weight.name,
        { shape: weight.shape, dtype: this.#storage.dtypeOf(weight) },
      ]),
    );
    const all = costedOperators(
      this.plan(form),
      stored,
      this.#storage.floats,
      { rows: 1, capacity: 1 }, // costs are of rows, however many there are
      cacheStorage(this.spec, this.#cache),
    );
    const operators = {
      none: all.filter(({ costClass }) => costClass !== "head"),
      last: all.map(ofLastRow),
    };
    this.#operators.set(form, operators);
    return operators;
  }
}

/** Nobody reads the logits of a prompt's other tokens. */
function ofLastRow({ operator, costClass }: ClassedOperator): ClassedOperator {
  return operator.kind === "matmul" && costClass === "head"
    ? { costClass, operator: { ...operator, rows: "one" } }
    : { costClass, operator };
}

/** E (1 - (1 - k/E)^T): distinct experts that T tokens are expected to reach, each as likely as any other. */
export function expectedExperts(
  { nExperts, nExpertsPerToken }: Pick<MoeSpec, "nExperts" | "nExpertsPerToken">,
  nTokens: number,
): number {
  return nExperts * (1 - (1 - nExpertsPerToken / nExperts) ** nTokens);
}

function touchedOf(experts: MoeSpec | undefined, nTokens: number): number {
  return experts === undefined ? 0 : expectedExperts(experts, nTokens);
}
