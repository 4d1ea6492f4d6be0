import { LOGITS } from "../plan/compilePlan.ts";
import type { Plan } from "../plan/plan.ts";
import { lastWriter, planPart } from "../plan/planPart.ts";

/** What makes logits of what the last block leaves: the final norm and the unembedding, behind the reading of streams where there are several. */
export interface HeadPlan {
  readonly plan: Plan;
  /** The value that it reads. */
  readonly input: string;
  /** Of a row of that: (M), or (n, M) of streams. */
  readonly shape: readonly number[];
}

const known = new WeakMap<Plan, HeadPlan>();

/** The same one each time: backends prepare programs once. */
export function headPlan(plan: Plan): HeadPlan {
  const head = known.get(plan) ?? cut(plan);
  known.set(plan, head);
  return head;
}

function cut(plan: Plan): HeadPlan {
  const from = plan.ops.findLastIndex(({ layer }) => layer !== null) + 1;
  const part = planPart(plan, from, lastWriter(plan.ops, LOGITS) + 1);
  const [input, further] = part.entering;
  if (input === undefined || further !== undefined)
    throw new Error(`the head reads ${part.entering.join(", ")}`);
  const shape = plan.values.get(input)?.shape.slice(1) ?? [];
  return { plan: part.plan, input, shape: shape.map(Number) };
}
