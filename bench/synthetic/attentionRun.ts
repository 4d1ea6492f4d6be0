import { HEAD_METRICS } from "../../engine/trace/schema.ts";
import type { RunSource } from "../../widgets/render/runSource.ts";

/** Sizes of a run that is a formula. */
export interface SyntheticRunSizes {
  readonly nTokens: number;
  readonly nLayers: number;
  readonly nHeads: number;
}

type Shares = readonly [sink: number, previous: number];

/** Tokens that a text of the synthetic run repeats after. */
const PERIOD = 97;

/**
 * A run of any length whose patterns are formulas: a sink, the token before, and copies of the query's token, in shares that differ
 * by head. Nothing is computed before it is asked for. For the benches and looks of pictures, whose work does not depend on the model's.
 */
export function syntheticRun({ nTokens, nLayers, nHeads }: SyntheticRunSizes): RunSource {
  /** Of a block of keys the largest weight or the sum: a few terms, however many keys it has. */
  const blockOf = (
    [sink, previous]: Shares,
    query: number,
    [first, end]: readonly [number, number],
    kind: "max" | "sum",
  ): number => {
    const nKeys = Math.min(end, query + 1) - first;
    if (nKeys <= 0) return 0;
    if (query === 0) return 1;
    const copies = Math.floor((query - 1) / PERIOD);
    const rest = 1 - sink - previous;
    const even = (copies > 0 ? rest / 2 : rest) / (query + 1);
    const multiples = (distance: number) => Math.floor(distance / PERIOD);
    const nCopies =
      copies > 0
        ? multiples(query + 1 - Math.max(1, first)) - multiples(query + 1 - first - nKeys)
        : 0;
    const atFirst = first === 0 ? sink : 0;
    const before = first <= query - 1 && query - 1 < end ? previous : 0;
    const copied = nCopies > 0 ? rest / 2 / copies : 0;
    if (kind === "sum") return even * nKeys + atFirst + before + copied * nCopies;
    return even + (query === 1 ? atFirst + before : Math.max(atFirst, before, copied));
  };

  return {
    id: `synthetic ${nTokens} ${nLayers} ${nHeads}`,
    record: {
      runId: `synthetic ${nTokens} ${nLayers} ${nHeads}`,
      model: {
        name: "synthetic",
        architecture: "formula",
        nLayers,
        nHeads,
        headsByLayer: Array.from({ length: nLayers }, () => nHeads),
      } as unknown as RunSource["record"]["model"],
      backend: { name: "formula", device: "none", driver: "none", arithmetic: "exact" },
      tokens: Array.from({ length: nTokens }, (_, i) => ({
        ...{ position: i, id: i % PERIOD, text: ` t${i % PERIOD}`, phase: "prompt" },
        ...{ logprob: null, rank: null, entropyBits: null },
      })) as unknown as RunSource["record"]["tokens"],
    },
    attentionTile(request) {
      const { layer, head, queryStart = 0, keyStart = 0, pool = 1, poolKind = "max" } = request;
      const { headCount = 1, queryStep = 1 } = request;
      const queryCount = request.queryCount ?? nTokens - queryStart;
      const keyCount = request.keyCount ?? nTokens - keyStart;
      const [rows, columns] = [Math.ceil(queryCount / pool), Math.ceil(keyCount / pool)];
      const shares = sharesOf(layer, head);
      const weights = new Float32Array(rows * columns);
      for (let r = 0; r < rows; r++) {
        const query = queryStart + Math.min(queryCount, (r + 1) * pool) - 1; // one row stands for its block
        for (let c = 0; c < columns; c++) {
          const first = keyStart + c * pool;
          const end = Math.min(first + pool, keyStart + keyCount);
          const value = blockOf(shares, query, [first, end], poolKind === "max" ? "max" : "sum");
          weights[r * columns + c] = poolKind === "max" ? value : value / pool;
        }
      }
      return Promise.resolve({
        ...{
          layer,
          head,
          headCount,
          queryStart,
          keyStart,
          rows,
          columns,
          pool,
          poolKind,
          queryStep,
        },
        weights,
      });
    },
    headMetrics({ layer, queryStep = 1 }) {
      const means = new Float32Array(nHeads * HEAD_METRICS.length);
      for (let head = 0; head < nHeads; head++) {
        const [sink, previous] = sharesOf(layer, head);
        const rest = 1 - sink - previous;
        const numbers = [previous, rest / 2, rest / 50, sink, rest * 8, rest / 4, rest * 20];
        means.set(numbers, head * HEAD_METRICS.length);
      }
      return Promise.resolve({
        ...{ layer, nTokens, nQueries: Math.ceil(nTokens / queryStep), queryStep, means },
        metrics: HEAD_METRICS,
      });
    },
    routing: () => Promise.reject(new Error("synthetic run: expected attention, got routing.")),
    cost: () => {
      throw new Error("synthetic run: expected attention, got cost.");
    },
  };
}

/** What a head gives to the first token, and to the one before. */
function sharesOf(layer: number, head: number): Shares {
  const mixed = (layer * 31 + head * 17) % 29;
  return [(mixed % 7) / 10, (Math.floor(mixed / 7) % 4) / 11];
}
