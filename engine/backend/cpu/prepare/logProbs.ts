import { rowSize } from "../../checkOperator.ts";
import type { TokenLogProbs } from "../../operators.ts";
import { EXP_NS } from "./costs.ts";
import type { PrepareContext, Runner } from "./prepareContext.ts";

export function tokenLogProbs(op: TokenLogProbs, { split, rows }: PrepareContext): Runner {
  const [logits, ids, out] = [rows(op.logits), rows(op.ids), rows(op.out)];
  const nVocab = rowSize(op.logits);
  return (nTokens, _start, row) => {
    const work = { total: nTokens, ns: nTokens * nVocab * EXP_NS };
    split("tokenLogProbs", work, [logits.at(row), ids.at(row), nVocab, out.at(row)]);
  };
}
