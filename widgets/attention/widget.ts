import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { once } from "../render/once.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type AttentionState,
  addQuery,
  attentionText,
  DETAIL_CELLS,
  emptyMetricSums,
  MANY_HEADS,
  METRICS,
  metricMeans,
  thumbnailPool,
} from "./data.ts";
import { attentionPicture, pictureLayers } from "./staticPicture.ts";
import { attentionTables } from "./tables.ts";

/** Metrics read every weight of every head; past this many they are refused. */
const MAX_METRIC_WEIGHTS = 2 ** 31;
/** Up to this length the metrics are so cheap that they come with the first picture. */
const FIRST_METRICS_TOKENS = 128;
const STRIP_WEIGHTS = 2 ** 22;

const EMPTY = new Float32Array(0);

/**
 * All heads of a run at a glance, and any one of them in detail.
 * Nothing of size T x T is held: maps are recomputed tile by tile when the page asks.
 */
export function attention(
  run: RunSource,
  options: Readonly<Record<string, never>> = {},
): Picture<AttentionState> {
  checkOptions("attention", options, {});
  const { record } = run;
  const { nLayers, nHeads, headsByLayer } = record.model;
  const headsOf = (layer: number): number => headsByLayer[layer] ?? 0;
  const nTokens = record.tokens.length;
  const pool = thumbnailPool(nTokens, nLayers * nHeads);
  const n = Math.ceil(nTokens / pool);
  const tokenIds = record.tokens.map((token) => token.id);

  const layerThumbnails = async (
    layer: number,
    poolKind: "mean" | "max",
  ): Promise<Float32Array> => {
    const maps = new Float32Array(nHeads * n * n);
    for (let head = 0; head < headsOf(layer); head++) {
      const tile = await run.attentionTile({ layer, head, pool, poolKind });
      maps.set(tile.weights, head * n * n);
    }
    return maps;
  };

  const headMetrics = async (layer: number, head: number): Promise<Float32Array> => {
    const sums = emptyMetricSums();
    const rows = Math.max(1, Math.floor(STRIP_WEIGHTS / nTokens));
    for (let start = 0; start < nTokens; start += rows) {
      const queryCount = Math.min(rows, nTokens - start);
      const tile = await run.attentionTile({ layer, head, queryStart: start, queryCount });
      for (let r = 0; r < queryCount; r++)
        addQuery(
          sums,
          tile.weights.subarray(r * tile.columns, (r + 1) * tile.columns),
          start + r,
          tokenIds,
        );
    }
    return metricMeans(sums);
  };

  const allMetrics = async (): Promise<Float32Array> => {
    if (nLayers * nHeads * nTokens * nTokens > MAX_METRIC_WEIGHTS)
      throw new Error(
        `Sorting heads: expected at most 2^31 weights in all heads together, got ${nLayers} x ${nHeads} x ${nTokens} x ${nTokens}. Take a shorter prompt.`,
      );
    const metrics = new Float32Array(nLayers * nHeads * METRICS.length);
    for (let layer = 0; layer < nLayers; layer++)
      for (let head = 0; head < headsOf(layer); head++)
        metrics.set(await headMetrics(layer, head), (layer * nHeads + head) * METRICS.length);
    return metrics;
  };

  const tile = async (question: KernelQuestion): Promise<Answer> => {
    const queryStart = integerIn(question, "queryStart", 0, nTokens - 1);
    const keyStart = integerIn(question, "keyStart", 0, nTokens - 1);
    const queryCount = integerIn(question, "queryCount", 1, nTokens - queryStart);
    const keyCount = integerIn(question, "keyCount", 1, nTokens - keyStart);
    const tilePool = integerIn(question, "pool", 1, nTokens);
    const cells = Math.ceil(queryCount / tilePool) * Math.ceil(keyCount / tilePool);
    if (cells > Math.max(DETAIL_CELLS * DETAIL_CELLS, nTokens))
      throw new Error(
        `attention: expected a tile of at most ${DETAIL_CELLS} x ${DETAIL_CELLS} cells, got ${cells} cells. Ask for a coarser pool.`,
      );
    const layer = integerIn(question, "layer", 0, nLayers - 1);
    const { weights, ...place } = await run.attentionTile({
      layer,
      head: integerIn(question, "head", 0, headsOf(layer) - 1),
      queryStart,
      queryCount,
      keyStart,
      keyCount,
      pool: tilePool,
      poolKind: question.poolKind === "mean" ? "mean" : "max",
    });
    return { content: { tile: place }, buffers: [Float32Array.from(weights)] };
  };

  const fits = nLayers * nHeads <= MANY_HEADS;
  /** Of the layers that the static picture has room for, or of all where the page has them at once. */
  const thumbnails = once(async () => {
    const shown = fits ? nLayers : pictureLayers(nLayers, nHeads);
    const maps = new Float32Array(shown * nHeads * n * n);
    for (let layer = 0; layer < shown; layer++)
      maps.set(await layerThumbnails(layer, "max"), layer * nHeads * n * n);
    return maps;
  });
  const metrics = once(allMetrics);

  const widget: Picture<AttentionState> = new Picture<AttentionState>({
    name: "attention",
    esm: viewSource("attention"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      nLayers,
      nHeads,
      headsByLayer,
      tokenTexts: record.tokens.map((token) => token.text),
      tokenIds,
      thumbnailPool: pool,
      thumbnails: EMPTY,
      metrics: EMPTY,
    },
    answers: {
      tile,
      thumbnails: async (question) => ({
        buffers: [
          await layerThumbnails(
            integerIn(question, "layer", 0, nLayers - 1),
            question.poolKind === "mean" ? "mean" : "max",
          ),
        ],
      }),
      metrics: async () => {
        const known = await metrics();
        widget.set({ metrics: known });
        return { buffers: [known] };
      },
    },
    prepare: async () => {
      if (fits) widget.set({ thumbnails: await thumbnails() });
      if (fits && nTokens <= FIRST_METRICS_TOKENS) widget.set({ metrics: await metrics() });
    },
    svg: async () => attentionPicture(record, await thumbnails(), n),
    text: () => attentionText(record),
    tables: () =>
      attentionTables({ record, metrics, attentionTile: (request) => run.attentionTile(request) }),
  });
  return widget;
}
