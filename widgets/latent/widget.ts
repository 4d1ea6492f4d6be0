import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type AttentionSource,
  type CacheBytes,
  cacheLayers,
  cellsOf,
  type LatentState,
  latentText,
  type MatrixPlace,
  type MatrixStatistics,
  MOST_CELLS,
  matrixStatistics,
  PARTS,
  poolMatrix,
  type SiteSource,
} from "./data.ts";
import { keptTiles } from "./keptTiles.ts";
import { latentPicture } from "./staticPicture.ts";
import { latentTables } from "./tables.ts";

/** One head's keys come with those of all heads: past this they are refused. */
const MOST_SITE_BYTES = 2 ** 30;

/** What the picture of a cache needs of a Run beside what all pictures do; the engine's Run is one. */
export interface CacheSource extends RunSource {
  readonly model: {
    readonly spec: { readonly layers: readonly { readonly attention: AttentionSource }[] };
  };
  sites(): readonly SiteSource[];
  get(
    site: string,
    selection?: { head?: number },
  ): Promise<{ readonly data: Float32Array | Float64Array | Int32Array }>;
}

interface Matrix {
  readonly numbers: Float32Array;
  readonly nColumns: number;
  readonly statistics: MatrixStatistics;
}

/**
 * A run's cache as numbers, tokens down: MLA's latent with the keys and values that each head would make of it, or the keys and
 * values of each key head; how it grows token by token, and the bytes beside what other forms of attention would keep.
 * Numbers are read when the page asks, one matrix at a time.
 * @throws KernelError ERR_OPTION
 */
export function latent(
  run: CacheSource,
  options: Readonly<Record<string, never>> = {},
): Picture<LatentState> {
  checkOptions("latent", options, {});
  const { record } = run;
  const nTokens = record.tokens.length;
  const layers = cacheLayers(
    run.sites(),
    run.model.spec.layers.map(({ attention }) => attention),
  );
  const bytes = bytesOf(run);

  const readMatrix = async ({ layer, part, head }: MatrixPlace): Promise<Matrix> => {
    const found = layers[layer]?.parts.find((each) => each.part === part);
    if (found === undefined)
      throw new Error(
        `latent: expected a part that layer ${layer} has, got ${part}. Choose another one.`,
      );
    const { site, nHeads, nColumns } = found;
    const siteBytes = 4 * nTokens * Math.max(1, nHeads) * nColumns;
    if (siteBytes > MOST_SITE_BYTES)
      throw new Error(
        `latent: expected at most ${MOST_SITE_BYTES} bytes of ${site}, got ${siteBytes}. Take a shorter prompt.`,
      );
    const { data } = await run.get(site, nHeads === 0 ? {} : { head });
    const numbers = Float32Array.from(data);
    return { numbers, nColumns, statistics: matrixStatistics(numbers) };
  };

  let last: { readonly key: string; readonly matrix: Promise<Matrix> } | null = null;
  /** The matrix that was asked for last stays: the next question is likely about it. */
  const matrixAt = (place: MatrixPlace): Promise<Matrix> => {
    const key = `${place.layer} ${place.part} ${place.head}`;
    if (last?.key === key) return last.matrix;
    const matrix = readMatrix(place);
    last = { key, matrix };
    matrix.catch(() => {
      if (last?.matrix === matrix) last = null;
    });
    return matrix;
  };

  const tile = async (question: KernelQuestion): Promise<Answer> => {
    const layer = integerIn(question, "layer", 0, layers.length - 1);
    const part = PARTS.find((each) => each === question.part);
    const found = layers[layer]?.parts.find((each) => each.part === part);
    if (part === undefined || found === undefined)
      throw new Error(
        `latent: expected a part that layer ${layer} has, got ${String(question.part)}. Reload the page.`,
      );
    const head = integerIn(question, "head", 0, Math.max(0, found.nHeads - 1));
    const rowStart = integerIn(question, "rowStart", 0, nTokens - 1);
    const columnStart = integerIn(question, "columnStart", 0, found.nColumns - 1);
    const window = {
      rowStart,
      columnStart,
      rowCount: integerIn(question, "rowCount", 1, nTokens - rowStart),
      columnCount: integerIn(question, "columnCount", 1, found.nColumns - columnStart),
      rowPool: integerIn(question, "rowPool", 1, nTokens),
      columnPool: integerIn(question, "columnPool", 1, found.nColumns),
    };
    const { rows, columns } = cellsOf(window);
    if (rows * columns > MOST_CELLS)
      throw new Error(
        `latent: expected at most ${MOST_CELLS} cells, got ${rows} x ${columns}. Ask for a coarser pool.`,
      );
    const { numbers, nColumns, statistics } = await matrixAt({ layer, part, head });
    const kind = question.poolKind === "mean" ? "mean" : "farthest";
    return {
      content: { statistics },
      buffers: [poolMatrix(numbers, nColumns, window, kind)],
    };
  };

  return new Picture<LatentState>({
    name: "latent",
    esm: viewSource("latent"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      tokenTexts: record.tokens.map((token) => token.text),
      contextLength: record.model.contextLength,
      layers,
      bytes,
    },
    answers: { tile },
    keep: () => keptTiles(layers, nTokens),
    records: [record],
    svg: async () => {
      const first = layers[0]?.parts[0];
      const matrix = first && (await matrixAt({ layer: 0, part: first.part, head: 0 }));
      const numbers = matrix?.numbers ?? new Float32Array(0);
      return latentPicture({ record, layers, bytes, numbers });
    },
    text: () => latentText(record, layers, bytes),
    tables: () =>
      latentTables({
        ...{ record, layers, bytes },
        numbers: async (place) => (await matrixAt(place)).numbers,
      }),
  });
}

/** Bytes are known without routes; a cost is not: where it is refused the picture says why. */
function bytesOf(run: RunSource): CacheBytes {
  try {
    const { caches, kvBytesPerToken } = run.cost();
    return { caches, kvBytesPerToken };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error) };
  }
}
