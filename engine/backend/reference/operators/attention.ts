import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { DeviceTensor, Step } from "../../deviceTensor.ts";
import type { Attention } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";
import { headEdits } from "./headEdits.ts";

/** Softmax attention as arXiv:1706.03762 eq. 1 writes it: all scores of a query, then their softmax, then the sum. */
export function attention(op: Attention, step: Step): void {
  const [q, k, out, lse] = [floats(op.q), floats(op.k), floats(op.out), floats(op.lse)];
  const moments = op.moments && floats(op.moments);
  const v = op.v ? floats(op.v) : k;
  const valueStride = op.v ? op.dValue : op.dKey;
  const sinks = op.sinks && floats(op.sinks);
  const { nHeads, nKvHeads, dKey, dValue } = op;
  const edits = headEdits(op);
  const { row = 0 } = step;
  for (let t = 0; t < step.nTokens; t++) {
    const visible = visibleKeys(op.window, op.selection, t, step.start + t);
    for (let h = 0; h < nHeads; h++) {
      const kvHead = Math.floor(h / (nHeads / nKvHeads));
      const query = (t * nHeads + h) * dKey;
      const keys = visible.filter((s) => !edits.isMasked(row + t, h, s));
      const temperature = edits.temperature(h);
      const scores = keys.map(
        (s) => (op.scale * dot(q, query, k, (s * nKvHeads + kvHead) * dKey, dKey)) / temperature,
      );
      const logits = sinks ? [...scores, at(sinks, h)] : scores;
      const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      const sum = logits.reduce((a, score) => a + Math.exp(score - max), 0);
      lse[t * nHeads + h] = max + Math.log(sum);
      moments?.set(
        momentsOf(keys, scores, max + Math.log(sum), step.start + t),
        2 * (t * nHeads + h),
      );
      const z = (t * nHeads + h) * dValue;
      out.fill(0, z, z + dValue);
      scores.forEach((score, i) => {
        const pattern = Math.exp(score - max) / sum;
        const value = ((keys[i] as number) * nKvHeads + kvHead) * valueStride;
        for (let d = 0; d < dValue; d++) out[z + d] = at(out, z + d) + pattern * at(v, value + d);
      });
    }
  }
}

/** Entropy in nats and mean distance of the pattern that scores of keys give. */
function momentsOf(
  keys: readonly number[],
  scores: readonly number[],
  lse: number,
  position: number,
): [entropy: number, distance: number] {
  let [entropy, distance] = [0, 0];
  for (const [i, score] of scores.entries()) {
    const weight = Math.exp(score - lse);
    if (weight === 0) continue;
    entropy -= weight * (score - lse);
    distance += weight * (position - (keys[i] as number));
  }
  return [entropy, distance];
}

/** Ascending positions of the keys that the query of row `row` at `position` sees. */
export function visibleKeys(
  window: number | null,
  selection: DeviceTensor | null,
  row: number,
  position: number,
): number[] {
  if (selection) {
    const k = rowSize(selection);
    return [...ints(selection).subarray(row * k, (row + 1) * k)].filter((s) => s >= 0);
  }
  const first = window === null ? 0 : Math.max(0, position - window + 1);
  return Array.from({ length: position + 1 - first }, (_, i) => first + i);
}
