import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import type { RunSource, TileRequest } from "../render/runSource.ts";
import { MOST_CELLS } from "./data.ts";
import type { Over } from "./looking.ts";

type Part = Omit<TileRequest, "layer" | "head" | "headCount">;

/** A part of a map, of one head or of the mean of several, as a page asks for it. */
export async function mapAnswer(run: RunSource, question: KernelQuestion): Promise<Answer> {
  const nTokens = run.record.tokens.length;
  const { nLayers, headsByLayer } = run.record.model;
  const queryStart = integerIn(question, "queryStart", 0, nTokens - 1);
  const keyStart = integerIn(question, "keyStart", 0, nTokens - 1);
  const queryCount = integerIn(question, "queryCount", 1, nTokens - queryStart);
  const keyCount = integerIn(question, "keyCount", 1, nTokens - keyStart);
  const pool = integerIn(question, "pool", 1, nTokens);
  const queryStep =
    question.queryStep === undefined ? 1 : integerIn(question, "queryStep", 1, nTokens);
  const cells = Math.ceil(queryCount / pool) * Math.ceil(keyCount / pool);
  if (cells > Math.max(MOST_CELLS, nTokens))
    throw new Error(
      `attention: expected a tile of at most ${MOST_CELLS} cells, got ${cells}. Ask for a coarser pool.`,
    );
  const layer = integerIn(question, "layer", 0, nLayers - 1);
  const head = integerIn(question, "head", 0, (headsByLayer[layer] ?? 1) - 1);
  const poolKind = question.poolKind === "mean" ? "mean" : "max";
  const part = { queryStart, queryCount, keyStart, keyCount, pool, poolKind, queryStep } as const;
  const weights = await meanOf(run, headsOf(question.over, layer, head, headsByLayer), part);
  return { buffers: [weights] };
}

interface Heads {
  readonly layer: number;
  readonly head: number;
  readonly headCount: number;
}

/** Whose mean a map is. */
function headsOf(
  over: unknown,
  layer: number,
  head: number,
  headsByLayer: readonly number[],
): readonly Heads[] {
  const whole = (at: number): Heads => ({ layer: at, head: 0, headCount: headsByLayer[at] ?? 0 });
  const layers = Array.from(headsByLayer.keys());
  switch (over as Over | undefined) {
    case undefined:
    case "head":
      return [{ layer, head, headCount: 1 }];
    case "heads":
      return [whole(layer)];
    case "layers":
      return layers
        .filter((at) => head < (headsByLayer[at] ?? 0))
        .map((at) => ({ layer: at, head, headCount: 1 }));
    case "all":
      return layers.map(whole);
    default:
      throw new Error(
        `attention: expected a mean over head, heads, layers or all, got ${String(over)}. Reload the page.`,
      );
  }
}

/** Every head counts alike; summed in float64. */
async function meanOf(run: RunSource, parts: readonly Heads[], part: Part): Promise<Float32Array> {
  const [only] = parts;
  if (only && parts.length === 1)
    return Float32Array.from((await run.attentionTile({ ...only, ...part })).weights);
  let sums = new Float64Array(0);
  let nHeads = 0;
  for (const heads of parts) {
    const { weights } = await run.attentionTile({ ...heads, ...part });
    if (sums.length === 0) sums = new Float64Array(weights.length);
    for (let i = 0; i < weights.length; i++)
      sums[i] = (sums[i] ?? 0) + (weights[i] ?? 0) * heads.headCount;
    nHeads += heads.headCount;
  }
  return Float32Array.from(sums, (sum) => sum / nHeads);
}
