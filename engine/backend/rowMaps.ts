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
  /** Elements of the tensor that a step reads. */
  readonly start: number;
  count(nTokens: number): number;
  /** Rows that there are. */
  readonly nRows: number;
}

const perToken = (nTokens: number): number => nTokens;

export function mapsOfEdit({ rows, values }: Edit | EditMap): RowMap[] {
  return values ? [rowMap("rows", rows, perToken, values.shape[0] ?? 0)] : [];
}

export function mapsOfRoute({ adjust, adjustRows, counts, k }: Route): RowMap[] {
  const maps: RowMap[] = [];
  if (adjust && adjustRows)
    maps.push(rowMap("adjustRows", adjustRows, perToken, adjust.shape[0] ?? 0));
  if (counts) maps.push(rowMap("counts", counts, perToken, k + 1));
  return maps;
}

function rowMap(
  field: string,
  tensor: DeviceTensor,
  count: (nTokens: number) => number,
  nRows: number,
): RowMap {
  return { field, tensor, start: 0, count, nRows };
}

export function mapsOfMask(op: ScoringOperator): RowMap[] {
  const { mask, nHeads } = op;
  if (mask === null) return [];
  const { nRows } = edgeMask(mask.shape, op.q.shape[0] ?? 0, nHeads);
  if (op.kind !== "attentionTile") return [rowMap("mask", mask, (T) => T * nHeads, nRows)];
  const count = (): number => op.queryCount * nHeads;
  return [{ ...rowMap("mask", mask, count, nRows), start: op.queryStart * nHeads }];
}
