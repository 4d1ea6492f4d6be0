import { rowSize } from "../../checkOperator.ts";
import type { TokenLogProbs } from "../../operators.ts";
import { EXP_NS } from "./costs.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

export function tokenLogProbs(op: TokenLogProbs, { split, own }: PrepareContext): Runner {
  const [logits, ids, out] = [own(op.logits).address, own(op.ids).address, own(op.out).address];
  const nVocab = rowSize(op.logits);
  return (nTokens) => {
    const work = { total: nTokens, ns: nTokens * nVocab * EXP_NS };
    split("tokenLogProbs", work, [logits, ids, nVocab, out]);
  };
}
