import type { DeviceTensor } from "./deviceTensor.ts";
import { edgeMask } from "./edgeMask.ts";
import type { Edit, EditMap, Route, ScoringOperator } from "./operators.ts";

/**
 * Integers of an operator that name a row of another of its tensors, or no row where they are below 0; counts of experts are
 * such as well. Whoever runs the operator looks first whether those rows exist.
 */
export interface RowMap {
  readonly field: string;
  readonly tensor: DeviceTensor;
  /** Elements of the tensor that a step reads: so many from where the row of its first token begins. */
  start(row: number): number;
  count(nTokens: number): number;
  /** Rows that there are. */
  readonly nRows: number;
}

export function mapsOfEdit({ rows, values }: Edit | EditMap): RowMap[] {
  return values ? [rowMap("rows", rows, 1, values.shape[0] ?? 0)] : [];
}

export function mapsOfRoute({ adjust, adjustRows, counts, k }: Route): RowMap[] {
  const maps: RowMap[] = [];
  if (adjust && adjustRows) maps.push(rowMap("adjustRows", adjustRows, 1, adjust.shape[0] ?? 0));
  if (counts) maps.push(rowMap("counts", counts, 1, k + 1));
  return maps;
}

function rowMap(field: string, tensor: DeviceTensor, width: number, nRows: number): RowMap {
  return { field, tensor, start: (row) => row * width, count: (T) => T * width, nRows };
}

export function mapsOfMask(op: ScoringOperator): RowMap[] {
  const { mask, nHeads } = op;
  if (mask === null) return [];
  const { nRows } = edgeMask(mask.shape, op.q.shape[0] ?? 0, nHeads);
  if (op.kind !== "attentionTile" && op.kind !== "attentionMetrics")
    return [rowMap("mask", mask, nHeads, nRows)];
  const [start, count] = [() => op.queryStart * nHeads, () => op.queryCount * nHeads];
  return [{ field: "mask", tensor: mask, start, count, nRows }];
}
