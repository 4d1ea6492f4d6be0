import { rowSize } from "../../checkOperator.ts";
import type { TokenLogProbs } from "../../operators.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

export function tokenLogProbs(op: TokenLogProbs, { kernels, own }: PrepareContext): Runner {
  const [logits, ids, out] = [own(op.logits).address, own(op.ids).address, own(op.out).address];
  const nVocab = rowSize(op.logits);
  return (nTokens) => kernels.tokenLogProbs(logits, ids, nTokens, nVocab, out);
}
