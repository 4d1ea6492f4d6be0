import type { ModelSpec } from "../model/spec.ts";
import { compilePlan, type PlanOptions } from "../plan/compilePlan.ts";
import type { AttentionForm, Plan } from "../plan/plan.ts";
import { type MtpPlanOptions, planMtp } from "../plan/planMtp.ts";

/** Plans that are remembered; each set of observed values makes one of its own. */
const MOST = 16;

/** A model's compiled plans. The same request gives the same plan, so that what was bound to it can be found again. */
export class Plans {
  readonly #spec: ModelSpec;
  /** Least recently used first. */
  readonly #known = new Map<string, Plan>();

  constructor(spec: ModelSpec) {
    this.#spec = spec;
  }

  /** The forward pass. */
  forward(options: PlanOptions = {}): Plan {
    return this.#remembered(`forward ${key(options)}`, () => compilePlan(this.#spec, options));
  }

  /** The same for one who asks at every step: a plan is looked up by its form alone. */
  observing(observed: ReadonlySet<string>): (form?: AttentionForm) => Plan {
    const known = new Map<AttentionForm | undefined, Plan>();
    return (form) => {
      const plan = known.get(form) ?? this.forward({ ...(form && { form }), observed });
      known.set(form, plan);
      return plan;
    };
  }

  /** The draft module. */
  drafts(options: MtpPlanOptions): Plan {
    return this.#remembered(`drafts ${options.logits} ${key(options)}`, () =>
      planMtp(this.#spec, options),
    );
  }

  #remembered(name: string, compile: () => Plan): Plan {
    const plan = this.#known.get(name) ?? compile();
    this.#known.delete(name);
    this.#known.set(name, plan);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MOST) break;
      this.#known.delete(oldest);
    }
    return plan;
  }
}

function key({ form, observed }: PlanOptions): string {
  return [form ?? "default", ...[...(observed ?? [])].sort()].join(" ");
}
