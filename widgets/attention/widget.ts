import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import { once } from "../render/once.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type AttentionState,
  attentionText,
  MANY_HEADS,
  METRICS,
  metricStep,
  thumbnailPool,
  thumbnailStep,
} from "./data.ts";
import { keptWeights } from "./keptWeights.ts";
import { mapAnswer } from "./mapAnswer.ts";
import { attentionPicture, PICTURE_HEADS, pictureLayers } from "./staticPicture.ts";
import { attentionTables } from "./tables.ts";

/** Up to this length the metrics are so cheap that they come with the first picture. */
const FIRST_METRICS_TOKENS = 128;

const EMPTY = new Float32Array(0);

/**
 * All heads of a run at a glance, and any one of them in detail.
 * Nothing of size T x T is held: maps are recomputed tile by tile when the page asks, and what of a long text costs more than a look is a
 * sample that says so.
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
  const step = thumbnailStep(nTokens, pool);
  const queryStep = metricStep(nTokens, nLayers * nHeads);

  /** (nHeads, n, n), of the first `most` heads. */
  const layerThumbnails = async (
    layer: number,
    poolKind: "mean" | "max",
    most = nHeads,
  ): Promise<Float32Array> => {
    const maps = new Float32Array(nHeads * n * n);
    for (let head = 0; head < Math.min(most, headsOf(layer)); head++) {
      const tile = await run.attentionTile({ layer, head, pool, poolKind, queryStep: step });
      maps.set(tile.weights, head * n * n);
    }
    return maps;
  };

  /** (heads of the layer, METRICS) */
  const layerMetrics = async (layer: number): Promise<Float32Array> =>
    (await run.headMetrics({ layer, queryStep })).means;

  const allMetrics = async (): Promise<Float32Array> => {
    const metrics = new Float32Array(nLayers * nHeads * METRICS.length);
    for (let layer = 0; layer < nLayers; layer++)
      metrics.set(await layerMetrics(layer), layer * nHeads * METRICS.length);
    return metrics;
  };

  const fits = nLayers * nHeads <= MANY_HEADS;
  /** Of the heads that the static picture has room for, or of all where the page has them at once. */
  const thumbnails = once(async () => {
    const shown = fits ? nLayers : pictureLayers(nLayers, nHeads);
    const maps = new Float32Array(shown * nHeads * n * n);
    for (let layer = 0; layer < shown; layer++)
      maps.set(
        await layerThumbnails(layer, "max", fits ? nHeads : PICTURE_HEADS),
        layer * nHeads * n * n,
      );
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
      thumbnailPool: pool,
      thumbnailStep: step,
      metricStep: queryStep,
      thumbnails: EMPTY,
      metrics: EMPTY,
    },
    answers: {
      tile: (question) => mapAnswer(run, question),
      thumbnails: async (question) => ({
        buffers: [
          await layerThumbnails(
            integerIn(question, "layer", 0, nLayers - 1),
            question.poolKind === "mean" ? "mean" : "max",
          ),
        ],
      }),
      metrics: async (question) => ({
        buffers: [await layerMetrics(integerIn(question, "layer", 0, nLayers - 1))],
      }),
    },
    keep: () => keptWeights({ nTokens, headsByLayer, fits }),
    records: [record],
    prepare: async () => {
      if (fits) widget.set({ thumbnails: await thumbnails() });
      if (fits && nTokens <= FIRST_METRICS_TOKENS) widget.set({ metrics: await metrics() });
    },
    svg: async () => attentionPicture(record, await thumbnails(), n, step),
    text: () => attentionText(record),
    tables: () =>
      attentionTables({
        record,
        metrics,
        nMeasured: Math.ceil(nTokens / queryStep),
        attentionTile: (request) => run.attentionTile(request),
      }),
  });
  return widget;
}
