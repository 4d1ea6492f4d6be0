import type { DeviceTensor } from "../backend/deviceTensor.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { MapRequest } from "./mapRequest.ts";
import type { RunState } from "./runState.ts";

/** A part of a map that edits have changed, from what the run kept of it: pooled as `attentionTile` says. */
export async function editedMap(
  { device: { backend } }: RunState,
  map: DeviceTensor, // (T, H, context)
  { mode, heads, queries, keys, pool }: MapRequest,
): Promise<HostArray> {
  const [, nHeads = 0, width = 0] = map.shape;
  const row = nHeads * width;
  const cells = await backend.read(map, queries.start * row, queries.count * row);
  const at = (head: number, query: number, key: number): number =>
    cells[(query - queries.start) * row + head * width + key] ?? 0;
  const { size, step = 1 } = pool ?? { size: 1 };
  const [nRows, nColumns] = [Math.ceil(queries.count / size), Math.ceil(keys.count / size)];
  const Cells = cells.constructor as new (length: number) => HostArray;
  const tile = new Cells(heads.count * nRows * nColumns);
  const empty = mode === "pattern" ? 0 : Number.NEGATIVE_INFINITY;
  for (let h = 0; h < heads.count; h++)
    for (let r = 0; r < nRows; r++)
      for (let c = 0; c < nColumns; c++) {
        const [query, key] = [queries.start + r * size, keys.start + c * size];
        const endQuery = Math.min(query + size, queries.start + queries.count);
        const endKey = Math.min(key + size, keys.start + keys.count);
        const seen: number[] = [];
        const nQueries = Math.ceil((endQuery - query) / step);
        for (let i = endQuery - 1 - (nQueries - 1) * step; i < endQuery; i += step)
          for (let j = key; j < Math.min(endKey, i + 1); j++) {
            const value = at(heads.start + h, i, j);
            if (value !== Number.NEGATIVE_INFINITY) seen.push(value);
          }
        const area = nQueries * (endKey - key);
        const isMean = size > 1 && pool?.kind === "mean";
        const value = isMean
          ? seen.reduce((a, b) => a + b, 0) / area
          : seen.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        tile[(h * nRows + r) * nColumns + c] = seen.length === 0 ? empty : value;
      }
  return tile;
}
