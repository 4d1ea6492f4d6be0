import { type ClassedOperator, costedOperators } from "../cost/costedOperators.ts";
import { type CostedOperator, operatorCost } from "../cost/operatorCost.ts";
import type { ModelDevice } from "../execute/modelDevice.ts";

/** Share of first drafts that DeepSeek-V3 accepts at least. arXiv:2412.19437 section 5.4.3 */
const ACCEPTANCE = 0.85;

/**
 * Is speculative decoding expected to take less time than plain decoding? Decided before the first token, from shapes alone,
 * so that the same call does the same on the same machine. On a hardware GPU a step takes as long as its bytes do, with experts
 * chosen uniformly; on processors it takes as long as its arithmetic, which drafting only adds to.
 */
export function speculationPays(
  { backend, plans, weights }: ModelDevice,
  { nPrompt, draftTokens }: { readonly nPrompt: number; readonly draftTokens: number },
): boolean {
  if (backend.info.name !== "webgpu" || !backend.info.hardware) return false;
  const sizes = { rows: 1, capacity: nPrompt };
  const model = costedOperators(plans.forward(), weights, "f32", sizes);
  const drafts = costedOperators(plans.drafts({ logits: "last" }), weights, "f32", sizes);
  const plain = stepBytes(model, nPrompt, 1);
  const verified = stepBytes(model, nPrompt, draftTokens + 1);
  const speculative = verified + draftTokens * stepBytes(drafts, nPrompt, 1);
  return expectedTokens(draftTokens) * plain > speculative;
}

/** Of one verification: the first token that is not an accepted draft ends it. */
function expectedTokens(draftTokens: number): number {
  return (1 - ACCEPTANCE ** (draftTokens + 1)) / (1 - ACCEPTANCE);
}

function stepBytes(operators: readonly ClassedOperator[], start: number, nTokens: number): number {
  return operators.reduce((sum, { operator: op }) => {
    const cost = operatorCost(op, { start, nTokens }, touchedExperts(op, nTokens));
    return sum + cost.weightBytes + cost.kvReadBytes + cost.kvWriteBytes;
  }, 0);
}

/** Distinct experts that the tokens of a step are expected to choose. */
function touchedExperts(op: CostedOperator, nTokens: number): number {
  if (op.kind !== "expertsUp" && op.kind !== "expertsDown") return 0;
  const nExperts = (op.kind === "expertsUp" ? op.gate : op.down).shape[0] ?? 0;
  const k = op.indices.shape.at(-1) ?? 0;
  return nExperts * (1 - (1 - k / nExperts) ** nTokens);
}
