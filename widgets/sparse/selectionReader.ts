import type { AttentionTile, DroppedMassRecord } from "../../engine/trace/schema.ts";
import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import type { TileRequest } from "../render/runSource.ts";
import { KINDS, type Kind, keptCells, massRows, type SparseLayer, signedWeights } from "./data.ts";
import { type CellWindow, cellsOf, MOST_CELLS, poolStrip } from "./pool.ts";
import type { KeptKeys } from "./tables.ts";

/** Numbers of a strip of queries that are read at once: 16 MB of f32. */
const STRIP_NUMBERS = 2 ** 22;

/** What a run is asked for; the engine's Run answers. */
export interface SelectionReader {
  attentionTile(request: TileRequest & { readonly everyKey?: boolean }): Promise<AttentionTile>;
  droppedMass(layer: number): Promise<DroppedMassRecord>;
  get(
    site: string,
    selection?: { readonly query?: [number, number]; readonly token?: [number, number] },
  ): Promise<{ readonly data: Float32Array | Float64Array | Int32Array }>;
}

/** Where in the map numbers are read: queries of one layer, all keys. */
interface Strip {
  readonly layer: number;
  readonly head: number;
  readonly start: number;
  readonly count: number;
}

/** Answers what the page asks of the keys that queries kept. */
export function selectionReader(
  run: SelectionReader,
  layers: readonly SparseLayer[],
  nTokens: number,
) {
  const kept = async ({ layer, start, count }: Strip): Promise<Float32Array> => {
    const topK = layers.find((each) => each.layer === layer)?.topK ?? 0;
    const { data } = await run.get(`blocks.${layer}.attn.hook_topk_indices`, {
      token: [start, start + count],
    });
    return keptCells(data, topK, start, count, nTokens);
  };
  const scores = async ({ layer, start, count }: Strip): Promise<Float32Array> => {
    const { data } = await run.get(`blocks.${layer}.attn.hook_index_scores`, {
      token: [start, start + count],
    });
    return Float32Array.from(data, (score) =>
      score === Number.NEGATIVE_INFINITY ? Number.NaN : score,
    );
  };
  const weights = async (strip: Strip): Promise<Float32Array> => {
    const { layer, head, start, count } = strip;
    const rows = { layer, head, queryStart: start, queryCount: count };
    const tile = await run.attentionTile({ ...rows, everyKey: true });
    return signedWeights(tile.weights, await kept(strip));
  };
  const readers: Readonly<Record<Kind, (strip: Strip) => Promise<Float32Array>>> = {
    ...{ kept, scores, weights },
  };

  let last: { readonly layer: number; readonly record: Promise<DroppedMassRecord> } | null = null;
  /** That of the layer asked for last stays. */
  const massOf = (layer: number): Promise<DroppedMassRecord> => {
    if (last?.layer === layer) return last.record;
    const record = run.droppedMass(layer);
    last = { layer, record };
    record.catch(() => {
      if (last?.record === record) last = null;
    });
    return record;
  };

  const place = (question: KernelQuestion): { readonly layer: number; readonly head: number } => {
    const layer = layers.find((each) => each.layer === question.layer);
    if (layer === undefined)
      throw new Error(
        `sparse: expected a layer of ${layers.map((each) => each.layer).join(", ")}, got ${String(question.layer)}. Reload the page.`,
      );
    return { layer: layer.layer, head: integerIn(question, "head", 0, layer.nHeads - 1) };
  };

  const tile = async (question: KernelQuestion): Promise<Answer> => {
    const kind = KINDS.find((each) => each === question.cells);
    if (kind === undefined)
      throw new Error(
        `sparse: expected cells of ${KINDS.join(", ")}, got ${String(question.cells)}. Reload the page.`,
      );
    const rowStart = integerIn(question, "rowStart", 0, nTokens - 1);
    const columnStart = integerIn(question, "columnStart", 0, nTokens - 1);
    const window: CellWindow = {
      ...{ rowStart, columnStart },
      rowCount: integerIn(question, "rowCount", 1, nTokens - rowStart),
      columnCount: integerIn(question, "columnCount", 1, nTokens - columnStart),
      rowPool: integerIn(question, "rowPool", 1, nTokens),
      columnPool: integerIn(question, "columnPool", 1, nTokens),
    };
    const { rows, columns } = cellsOf(window);
    if (rows * columns > MOST_CELLS)
      throw new Error(
        `sparse: expected at most ${MOST_CELLS} cells, got ${rows} x ${columns}. Ask for a coarser pool.`,
      );
    const cells = new Float32Array(rows * columns);
    const { rowPool, rowCount } = window;
    const rowsAtOnce = Math.max(1, Math.floor(STRIP_NUMBERS / nTokens / rowPool)) * rowPool;
    for (let from = 0; from < rowCount; from += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rowCount - from);
      const strip = { ...place(question), start: rowStart + from, count };
      const pooled = poolStrip(
        await readers[kind](strip),
        nTokens,
        { ...window, rowCount: count },
        kind,
      );
      cells.set(pooled, (from / rowPool) * columns);
    }
    return { buffers: [cells] };
  };

  const row = async (question: KernelQuestion): Promise<Answer> => {
    const start = integerIn(question, "query", 0, nTokens - 1);
    const strip = { ...place(question), start, count: 1 };
    const all = [await kept(strip), await scores(strip), await weights(strip)];
    return { buffers: all.map((numbers) => numbers.subarray(0, start + 1)) };
  };

  const mass = async (question: KernelQuestion): Promise<Answer> => {
    const { layer, head } = place(question);
    const rows = massRows(await massOf(layer), head);
    return { buffers: [rows.head, rows.mean, rows.kept] };
  };

  const keptKeysOf = async (layer: number): Promise<KeptKeys> => {
    const [queries, keys, found]: [number[], number[], number[]] = [[], [], []];
    const rows = Math.max(1, Math.floor(STRIP_NUMBERS / nTokens));
    for (let start = 0; start < nTokens; start += rows) {
      const count = Math.min(rows, nTokens - start);
      const strip = { layer, head: 0, start, count };
      const [isKept, all] = [await kept(strip), await scores(strip)];
      isKept.forEach((each, at) => {
        if (each !== 1) return;
        queries.push(start + Math.floor(at / nTokens));
        keys.push(at % nTokens);
        found.push(all[at] ?? Number.NaN);
      });
    }
    return { layer, queries, keys, scores: found };
  };

  return {
    keptKeysOf,
    answers: { tile, row, mass },
    massOf,
    /** (T, T) of a whole layer, for a picture that is drawn once. */
    keptOf: (layer: number) => kept({ layer, head: 0, start: 0, count: nTokens }),
  };
}
