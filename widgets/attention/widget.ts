import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
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
import { checkRuns, type MeasuredRun, meanOfRuns, metricsOfRun } from "./runMetrics.ts";
import { attentionPicture, PICTURE_HEADS, pictureLayers } from "./staticPicture.ts";
import { attentionTables } from "./tables.ts";

/** Up to this length the metrics are so cheap that they come with the first picture. */
const FIRST_METRICS_TOKENS = 128;

const EMPTY = new Float32Array(0);

export interface AttentionOptions {
  /** Runs of the same model on other prompts: what heads do can then be seen as the mean over them and the run itself. */
  readonly runs?: readonly MeasuredRun[];
}

const OPTIONS: OptionNames<AttentionOptions> = { runs: true };

/**
 * All heads of a run at a glance, as small maps, as cells or in a table of what they do, and any one of them in detail.
 * Nothing of size T x T is held: maps are recomputed tile by tile when the page asks, and what of a long text costs more than a look is a
 * sample that says so.
 * @throws KernelError ERR_OPTION; TypeError for runs whose layers have other heads
 */
export function attention(run: RunSource, options: AttentionOptions = {}): Picture<AttentionState> {
  checkOptions("attention", options, OPTIONS);
  const { runs = [] } = options;
  const { record } = run;
  checkRuns(record, runs);
  const measured = [run, ...runs];
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

  /** (heads of the layer, METRICS) the mean over the runs. */
  const meanMetrics = async (layer: number): Promise<Float32Array> => {
    const each: Float32Array[] = [];
    for (const one of measured) each.push(await metricsOfRun(one, layer));
    return meanOfRuns(each);
  };

  const allMetrics = async (of: MeasuredRun): Promise<Float32Array> => {
    const metrics = new Float32Array(nLayers * nHeads * METRICS.length);
    for (let layer = 0; layer < nLayers; layer++)
      metrics.set(await metricsOfRun(of, layer), layer * nHeads * METRICS.length);
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
  const withMetrics = (one: MeasuredRun) => ({
    record: one.record,
    metrics: once(() => allMetrics(one)),
  });
  const own = withMetrics(run);
  const ofRuns = [own, ...runs.map(withMetrics)];

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
      nRuns: measured.length,
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
      metrics: async (question) => {
        const layer = integerIn(question, "layer", 0, nLayers - 1);
        const means = question.of === "runs" ? meanMetrics(layer) : metricsOfRun(run, layer);
        return { buffers: [await means] };
      },
    },
    keep: () => keptWeights({ nTokens, headsByLayer, fits, nRuns: measured.length }),
    records: [record],
    prepare: async () => {
      if (fits) widget.set({ thumbnails: await thumbnails() });
      if (fits && nTokens <= FIRST_METRICS_TOKENS) widget.set({ metrics: await own.metrics() });
    },
    svg: async () => attentionPicture(record, await thumbnails(), n, step),
    text: () => attentionText(record),
    tables: () =>
      attentionTables({
        record,
        runs: ofRuns,
        attentionTile: (request) => run.attentionTile(request),
      }),
  });
  return widget;
}
