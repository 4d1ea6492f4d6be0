import { edgeMask } from "../../edgeMask.ts";
import type { ScoringOperator } from "../../operators.ts";
import { type Kernel, reads } from "../kernel.ts";

/** What a shader over attention scores needs for temperatures and masks; nothing where there are none. */
export interface HeadEdits {
  readonly bindings: Kernel["bindings"];
  readonly params: Kernel["params"];
  /**
   * `softened(score, head)` where there are temperatures; where there is a mask, `isMasked(row, key)` for the `row` that
   * `edgesOf(query * nHeads + head)` gives, with the step's queries counted from 0 and `params.nHeads`, which is false for rows that do not exist.
   */
  readonly functions: string;
}

export function headEdits(op: ScoringOperator): HeadEdits {
  const { temperatures, mask } = op;
  const layout = mask && edgeMask(mask.shape, op.q.shape[0] ?? 0, op.nHeads);
  return {
    bindings: [
      ...(temperatures ? [reads("temperatures", temperatures)] : []),
      ...(mask ? [reads("edges", mask)] : []),
    ],
    params: layout
      ? { maskWords: layout.words, maskStart: layout.firstBits, maskRows: layout.nRows }
      : {},
    functions: `${temperatures ? SOFTENED : ""}${mask ? IS_MASKED : ""}`,
  };
}

/** Division need not be exact in WGSL, not even by 1. */
const SOFTENED = `
fn softened(score: f32, head: u32) -> f32 {
  let temperature = temperatures(head);
  return select(score / temperature, score, temperature == 1.0);
}`;

const IS_MASKED = `
fn edgesOf(place: u32) -> i32 { return edges(step.row * params.nHeads + place); }
fn isMasked(row: i32, key: u32) -> bool {
  let word = key / 32u;
  if (row < 0 || row >= i32(params.maskRows) || word >= params.maskWords) { return false; }
  return ((edges(params.maskStart + u32(row) * params.maskWords + word) >> (key % 32u)) & 1) == 1;
}`;
