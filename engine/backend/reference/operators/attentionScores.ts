import { dot } from "../../../tensor/dot.ts";
import type { Step } from "../../deviceTensor.ts";
import type { AttentionScores } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";
import { visibleKeys } from "./attention.ts";
import { headEdits } from "./headEdits.ts";

export function attentionScores(op: AttentionScores, step: Step): void {
  const [q, k, out] = [floats(op.q), floats(op.k), floats(op.out)];
  const lse = op.lse && floats(op.lse);
  const { nHeads, nKvHeads, dKey } = op;
  const width = op.out.shape[2] ?? 0;
  const edits = headEdits(op);
  const { row = 0 } = step;
  out.fill(lse ? 0 : Number.NEGATIVE_INFINITY, 0, step.nTokens * nHeads * width);
  for (let t = 0; t < step.nTokens; t++)
    for (const s of visibleKeys(op.window, op.selection, t, step.start + t))
      for (let h = 0; h < nHeads; h++) {
        if (edits.isMasked(row + t, h, s)) continue;
        const kvHead = Math.floor(h / (nHeads / nKvHeads));
        const [query, key] = [(t * nHeads + h) * dKey, (s * nKvHeads + kvHead) * dKey];
        const score = (op.scale * dot(q, query, k, key, dKey)) / edits.temperature(h);
        out[(t * nHeads + h) * width + s] = lse ? share(score, at(lse, t * nHeads + h)) : score;
      }
}

/** A score's part of the pattern. */
export function share(score: number, lse: number): number {
  return lse === Number.NEGATIVE_INFINITY ? 0 : Math.exp(score - lse);
}
