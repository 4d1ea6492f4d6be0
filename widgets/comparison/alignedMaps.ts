import type { RunSource } from "../render/runSource.ts";
import type { AlignedColumn } from "../routing/comparedRoutes.ts";
import type { ComparedRuns } from "./comparedRuns.ts";
import type { Pair } from "./pairs.ts";

/** Most cells on a side of a map. */
const MOST_CELLS = 160;
/** Pairs of columns of one map that are read; of more it is a sample of queries. */
const MOST_PAIRS = 2 ** 24;
/** Queries that are read together. */
const QUERIES = 64;

/** Columns of the aligned texts that a cell of a map stands for. */
export const mapPool = (nColumns: number): number => Math.max(1, Math.ceil(nColumns / MOST_CELLS));

/** Every so many-th query is in a map. */
export function mapStep(nColumns: number): number {
  return Math.min(mapPool(nColumns), Math.max(1, Math.ceil(nColumns ** 2 / 2 / MOST_PAIRS)));
}

/** A head's map in both runs, (cells, cells): the mean of the weights that a cell has; NaN where it has none. */
export async function alignedMap(runs: ComparedRuns, layer: number, head: number): Promise<Pair> {
  const { columns } = runs;
  const pool = mapPool(columns.length);
  const n = Math.ceil(columns.length / pool);
  const [a, b, difference] = [meansOf(n), meansOf(n), meansOf(n)];
  for await (const { query, own, other } of queriesOf(runs, layer, head, mapStep(columns.length)))
    for (let key = 0; key <= query; key++) {
      const cell = Math.floor(query / pool) * n + Math.floor(key / pool);
      const [x, y] = [own?.[key] ?? Number.NaN, other?.[key] ?? Number.NaN];
      a.add(cell, x);
      b.add(cell, y);
      difference.add(cell, y - x);
    }
  return { a: a.means(), b: b.means(), difference: difference.means() };
}

/** The share of a query's attention that is on other tokens in b than in a: mean over the queries of both; NaN where there is none. */
export async function movedMass(runs: ComparedRuns, layer: number, head: number): Promise<number> {
  let [sum, nQueries] = [0, 0];
  for await (const { query, own, other } of queriesOf(runs, layer, head, 1)) {
    if (own === null || other === null) continue;
    let apart = 0;
    for (let key = 0; key <= query; key++) {
      const [x, y] = [own[key] as number, other[key] as number];
      apart += Math.abs((Number.isNaN(y) ? 0 : y) - (Number.isNaN(x) ? 0 : x));
    }
    sum += apart / 2;
    nQueries += 1;
  }
  return nQueries === 0 ? Number.NaN : sum / nQueries;
}

/** A query's weights in both runs, by aligned columns; NaN for keys that a run lacks, null where it lacks the query. */
interface AlignedQuery {
  /** Its column. */
  readonly query: number;
  readonly own: Float64Array | null;
  readonly other: Float64Array | null;
}

async function* queriesOf(
  { a, b, columns }: ComparedRuns,
  layer: number,
  head: number,
  step: number,
): AsyncGenerator<AlignedQuery> {
  const [rowOfA, rowOfB] = [a, b].map((run) => rowReader(run, layer, head, step));
  const read = async (rowOf: typeof rowOfA, which: keyof AlignedColumn, query: number) => {
    const token = columns[query]?.[which] ?? -1;
    if (token < 0 || rowOf === undefined) return null;
    const row = await rowOf(token);
    return Float64Array.from({ length: query + 1 }, (_, key) => {
      const position = columns[key]?.[which] ?? -1;
      return position < 0 ? Number.NaN : (row[position] as number);
    });
  };
  for (let query = 0; query < columns.length; query += step)
    yield {
      query,
      own: await read(rowOfA, "own", query),
      other: await read(rowOfB, "other", query),
    };
}

/** Rows of a head's pattern, read some at a time where they are asked for one behind the other. */
function rowReader(run: RunSource, layer: number, head: number, step: number) {
  const nTokens = run.record.tokens.length;
  let [start, end] = [0, 0];
  let weights: Float32Array = new Float32Array(0);
  return async (query: number): Promise<Float32Array> => {
    if (query < start || query >= end) {
      [start, end] = [query, Math.min(nTokens, query + (step === 1 ? QUERIES : 1))];
      const part = { queryStart: start, queryCount: end - start };
      weights = Float32Array.from((await run.attentionTile({ layer, head, ...part })).weights);
    }
    return weights.subarray((query - start) * nTokens, (query - start + 1) * nTokens);
  };
}

/** Means of cells, of the numbers that each is given. */
function meansOf(side: number) {
  const [sums, counts] = [new Float64Array(side * side), new Uint32Array(side * side)];
  return {
    add(cell: number, x: number): void {
      if (Number.isNaN(x)) return;
      sums[cell] = (sums[cell] as number) + x;
      counts[cell] = (counts[cell] as number) + 1;
    },
    means: (): Float64Array =>
      sums.map((sum, cell) => (counts[cell] === 0 ? Number.NaN : sum / (counts[cell] as number))),
  };
}
