import { edgeMask } from "../../edgeMask.ts";
import type { ScoringOperator } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

/** What edits make of the scores of attention heads. */
export interface HeadEdits {
  /** What the scores of the head are divided by. */
  temperature(head: number): number;
  /** Is the key hidden from that query (a row of q) of that head? */
  isMasked(query: number, head: number, key: number): boolean;
}

export function headEdits(op: ScoringOperator): HeadEdits {
  const temperatures = op.temperatures && floats(op.temperatures);
  const mask = op.mask && {
    data: ints(op.mask),
    ...edgeMask(op.mask.shape, op.q.shape[0] ?? 0, op.nHeads),
  };
  return {
    temperature: (head) => (temperatures ? at(temperatures, head) : 1),
    isMasked(query, head, key) {
      if (!mask) return false;
      const [row, word] = [at(mask.data, query * op.nHeads + head), Math.floor(key / 32)];
      if (row < 0 || word >= mask.words) return false;
      const bits = at(mask.data, mask.firstBits + row * mask.words + word);
      return ((bits >> (key % 32)) & 1) === 1;
    },
  };
}
