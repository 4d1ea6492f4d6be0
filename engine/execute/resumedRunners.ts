import type { CompiledEdits } from "../act/compileEdits.ts";
import { LOGITS } from "../plan/compilePlan.ts";
import type { AttentionForm } from "../plan/plan.ts";
import { FINAL_HIDDEN } from "../plan/planMtp.ts";
import type { ModelDevice } from "./modelDevice.ts";
import { PlanRunner } from "./planRunner.ts";
import type { ResumedPlan, ResumedPlans } from "./resumedPlans.ts";

/** What executes an edited pass that begins where its edits do. */
export interface ResumedRunner {
  readonly body: PlanRunner;
  /** For one row. */
  readonly head: PlanRunner;
}

/** Runners of edited passes over prompts of one length. Edits of the kind of those before take over their buffers and programs. */
export class ResumedRunners {
  readonly plans: ResumedPlans;
  readonly #device: ModelDevice;
  readonly #sizes: { readonly capacity: number; readonly rows: number };
  #last: (ResumedRunner & { readonly plan: ResumedPlan }) | null = null;

  /** @param sizes tokens of the prompt, and of its longest step */
  constructor(
    device: ModelDevice,
    plans: ResumedPlans,
    sizes: { readonly capacity: number; readonly rows: number },
  ) {
    this.plans = plans;
    this.#device = device;
    this.#sizes = sizes;
  }

  /** @param form of the last step. The runners serve one pass at a time. */
  of(edits: CompiledEdits, form: AttentionForm): ResumedRunner {
    const plan = this.plans.of(edits, form);
    if (this.#last?.plan === plan) {
      this.#last.body.change(edits.changes);
      this.#last.head.change(edits.changes);
      return this.#last;
    }
    this.dispose();
    const { capacity, rows } = this.#sizes;
    const sequence = {
      ...{ capacity, nPrompt: capacity, kind: "forward" as const, changes: edits.changes },
      stored: new Set<string>(),
    };
    const { plans } = this;
    const body = new PlanRunner(this.#device, {
      ...{ ...sequence, rows, read: [FINAL_HIDDEN] },
      plan: (ofStep) => plans.of(edits, ofStep).body.plan,
    });
    try {
      const head = new PlanRunner(this.#device, {
        ...{ ...sequence, rows: 1, read: [LOGITS], plan: () => plan.head },
      });
      this.#last = { plan, body, head };
    } catch (error) {
      body.dispose();
      throw error;
    }
    return this.#last;
  }

  /** Frees what the last edits were executed with; others may follow. */
  dispose(): void {
    this.#last?.body.dispose();
    this.#last?.head.dispose();
    this.#last = null;
  }
}
