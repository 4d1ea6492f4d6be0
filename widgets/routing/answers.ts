import { type Answer, integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import type { PictureAnswers } from "../render/picture.ts";
import { comparedRoutes, mostDifferent } from "./comparedRoutes.ts";
import { packBlock } from "./data.ts";
import { biasChanges, coActivation, expertLoad, leastMargins } from "./expertCounts.ts";
import { expertProfile } from "./favourites.ts";
import type { Comparison, RoutedSource } from "./sources.ts";
import { tryExpert } from "./tryExpert.ts";

/** Scores of all experts for all tokens are read back at once; past this they are refused. */
const MAX_SCORE_BYTES = 2 ** 28;
/** Cells of the map of margins along the tokens. */
const MOST_CELLS = 1024;

/** What the page asks of the routes, each answer at most 1 MB. */
export function routingAnswers(
  sources: readonly [RoutedSource, ...RoutedSource[]],
  comparison: Comparison | null,
): PictureAnswers {
  const [own] = sources;
  const { model, tokens } = own.run.record;
  const nTokens = tokens.length;
  const rowIn = (question: KernelQuestion): number =>
    integerIn(question, "row", 0, model.moeLayers.length - 1);
  const sourceIn = (question: KernelQuestion): RoutedSource =>
    sources[integerIn(question, "source", 0, sources.length - 1)] ?? own;
  const tokenIn = (question: KernelQuestion): number =>
    integerIn(question, "token", 0, nTokens - 1);

  return {
    block: async (question) => ({
      buffers: [packBlock(await own.routes(), integerIn(question, "start", 0, nTokens - 1))],
    }),
    scores: async (question) => ({ buffers: [await scoresOf(own, tokenIn(question))] }),
    load: async (question) => ({
      buffers: [expertLoad(await sourceIn(question).routes())],
    }),
    together: async (question) => ({
      buffers: [coActivation(await sourceIn(question).routes(), rowIn(question))],
    }),
    margins: async (question) => {
      const start = integerIn(question, "start", 0, nTokens - 1);
      const count = integerIn(question, "count", 1, nTokens - start);
      const pool = integerIn(question, "pool", Math.ceil(count / MOST_CELLS), nTokens);
      const { choices } = await own.chosen();
      return {
        content: { routers: choices.routers },
        buffers: [leastMargins(choices.margins, nTokens, { start, count, pool })],
      };
    },
    choice: async (question) => choiceOf(own, tokenIn(question)),
    route: async (question) => {
      const source = sourceIn(question);
      const routing = await source.routes();
      const token = integerIn(question, "token", 0, routing.nTokens - 1);
      return {
        buffers: [sliceOf(routing.indices, routing.nTokens, token, routing.nExpertsPerToken)],
      };
    },
    different: async (question) => {
      if (comparison === null) throw new Error("routing: expected a compared run, got none.");
      const { source, columns } = comparison;
      const least = Math.ceil(columns.length / MOST_CELLS);
      const pool = integerIn(question, "pool", least, columns.length);
      const routes = [await own.routes(), await source.routes()] as const;
      const different = comparedRoutes(...routes, columns);
      return { buffers: [mostDifferent(different, columns.length, pool)] };
    },
    bias: async () => {
      const { routing, choices } = await own.chosen();
      const changes = biasChanges(routing, choices);
      return {
        content: { routers: choices.routers },
        buffers: changes === null ? [] : [changes.gained, changes.lost, changes.nChanged],
      };
    },
    expert: async (question) => {
      const texts = await Promise.all(
        sources.map(async (source) => ({
          label: source.label,
          tokenTexts: source.run.record.tokens.map(({ text }) => text),
          routing: await source.routes(),
        })),
      );
      const expert = integerIn(question, "expert", 0, model.nExperts - 1);
      return { content: { profile: expertProfile(texts, rowIn(question), expert) } };
    },
    attempt: async (question) => ({
      content: {
        attempt: await tryExpert(own, {
          row: rowIn(question),
          expert: integerIn(question, "expert", 0, model.nExperts - 1),
          change: question.change === "force" ? "force" : "forbid",
          token: tokenIn(question),
          everywhere: question.everywhere === true,
          logitsAt: integerIn(question, "logitsAt", 0, nTokens - 1),
        }),
      },
    }),
  };
}

/** One token's part of (layers, T, width), as (layers, width). */
function sliceOf<Numbers extends Int32Array | Float32Array>(
  numbers: Numbers,
  nTokens: number,
  token: number,
  width: number,
): Numbers {
  const nLayers = numbers.length / (nTokens * width);
  const slice = numbers.slice(0, nLayers * width) as Numbers;
  for (let row = 0; row < nLayers; row++) {
    const from = (row * nTokens + token) * width;
    slice.set(numbers.subarray(from, from + width), row * width);
  }
  return slice;
}

async function scoresOf(source: RoutedSource, token: number): Promise<Float32Array> {
  const { model, tokens } = source.run.record;
  const bytes = 4 * model.moeLayers.length * tokens.length * model.nExperts;
  if (bytes > MAX_SCORE_BYTES)
    throw new Error(
      `routing: expected at most ${MAX_SCORE_BYTES} bytes of router scores, got ${bytes}. Take a shorter prompt to see the scores.`,
    );
  const { nExperts, nTokens, biasedScores } = await source.scored();
  if (!biasedScores)
    throw new Error(
      "routing: expected the router's scores, got none. This run does not keep them.",
    );
  return sliceOf(biasedScores, nTokens, token, nExperts);
}

async function choiceOf(source: RoutedSource, token: number): Promise<Answer> {
  const { routing, choices } = await source.chosen();
  const { nTokens, nExpertsPerToken: k } = routing;
  const { margins, runnersUp, withoutBias, routers } = choices;
  return {
    content: { routers },
    buffers: [
      sliceOf(margins, nTokens, token, 1),
      sliceOf(runnersUp, nTokens, token, 1),
      ...(withoutBias === null ? [] : [sliceOf(withoutBias, nTokens, token, k)]),
    ],
  };
}
