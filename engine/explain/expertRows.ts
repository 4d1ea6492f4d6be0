import { rowSize } from "../backend/tensorSize.ts";
import { PlanRunner } from "../execute/planRunner.ts";
import { onDevice, type RunState, stored } from "../look/runState.ts";
import { uniformForm } from "../plan/attentionForm.ts";
import type { Plan } from "../plan/plan.ts";
import { NO_CHANGES } from "../plan/planChanges.ts";
import { type PlanPart, planPart } from "../plan/planPart.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** What experts make of one token. */
export interface ExpertRows {
  readonly experts: HostArray; // (k, M), not yet weighted
  readonly shared: HostArray | null; // (M)
}

/** Sites that `expertRows` needs. */
export function expertInputs(layer: number): string[] {
  return [`blocks.${layer}.ln2.hook_normalized`, `blocks.${layer}.mlp.hook_expert_indices`];
}

/**
 * Outputs of a layer's experts for one token of a run without edits, made again by the operators that made them: capturing all
 * tokens' would take k M numbers for each.
 */
export function expertRows(state: RunState, layer: number, token: number): Promise<ExpertRows> {
  const { device } = state;
  const { backend, spec, plans } = device;
  const { plan, entering } = expertPart(plans.forward(), layer);
  const out = `blocks.${layer}.mlp.hook_expert_out`;
  const shared = `blocks.${layer}.mlp.hook_shared_out`;
  const read = [out, shared].filter((name) => plan.values.has(name));
  const form = uniformForm(spec);
  return onDevice(state, async () => {
    const runner = new PlanRunner(device, {
      ...{ capacity: 1, nPrompt: 1, rows: 1, kind: "forward", stored: new Set(), read },
      changes: NO_CHANGES, // a frame of its own
      plan: () => plan,
    });
    try {
      for (const name of entering) {
        const from = stored(state, name);
        const size = rowSize(from);
        backend.copy(from, token * size, runner.input(name), 0, size);
      }
      runner.execute(form, { nTokens: 1, start: 0 });
      const rows = read.map((name) => runner.output(form, name));
      const [experts, ofShared = null] = await Promise.all(
        rows.map((tensor) => backend.read(tensor, 0, rowSize(tensor))),
      );
      return { experts: experts as HostArray, shared: ofShared };
    } finally {
      runner.dispose();
    }
  });
}

/** From the experts' up projections to before their sum. */
function expertPart(plan: Plan, layer: number): PlanPart {
  const at = (kind: string) =>
    plan.ops.findIndex((op) => op.layer === layer && op.operator.kind === kind);
  return planPart(plan, at("expertsUp"), at("expertsCombine"));
}
