import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import { once } from "../render/once.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type RunSource } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { expertLoad, packBlock, type RoutingState, refusalOf, routingText } from "./data.ts";
import { routingPicture } from "./staticPicture.ts";
import { routingTables } from "./tables.ts";

/** Scores of all experts for all tokens are read back at once; past this they are refused. */
const MAX_SCORE_BYTES = 2 ** 28;

const EMPTY = new Uint8Array(0);

/** Which experts each token was sent to, with weights, load and entropy; a sentence for a dense model. */
export function routing(
  run: RunSource,
  options: Readonly<Record<string, never>> = {},
): Picture<RoutingState> {
  checkOptions("routing", options, {});
  const { record } = run;
  const refusal = refusalOf(record);
  const nTokens = record.tokens.length;
  /** Null for a dense model, and before the picture is first shown. */
  let known: RoutingRecord | null = null;
  const allRoutes = once(() => run.routing());
  const withScores = once(async (): Promise<RoutingRecord> => {
    const bytes = 4 * record.model.moeLayers.length * nTokens * record.model.nExperts;
    if (bytes > MAX_SCORE_BYTES)
      throw new Error(
        `routing: expected at most ${MAX_SCORE_BYTES} bytes of router scores, got ${bytes}. Take a shorter prompt to see the scores.`,
      );
    return run.routing({ biasedScores: true });
  });

  const widget: Picture<RoutingState> = new Picture<RoutingState>({
    name: "routing",
    esm: viewSource("routing"),
    state: {
      runId: run.id,
      subtitle: describeRun(record),
      tokenTexts: record.tokens.map((token) => token.text),
      refusal,
      layers: record.model.moeLayers,
      nExperts: record.model.nExperts,
      nExpertsPerToken: record.model.nExpertsPerToken,
      block: EMPTY,
      load: EMPTY,
    },
    answers: {
      block: async (question) => ({
        buffers: [packBlock(await allRoutes(), integerIn(question, "start", 0, nTokens - 1))],
      }),
      scores: async (question) => {
        const token = integerIn(question, "token", 0, nTokens - 1);
        const { layers, nExperts, biasedScores } = await withScores();
        if (!biasedScores)
          throw new Error(
            "routing: expected the router's scores, got none. This run does not keep them.",
          );
        const scores = new Float32Array(layers.length * nExperts);
        for (let layer = 0; layer < layers.length; layer++) {
          const from = (layer * nTokens + token) * nExperts;
          scores.set(biasedScores.subarray(from, from + nExperts), layer * nExperts);
        }
        return { buffers: [scores] };
      },
    },
    prepare: async () => {
      known = refusal === "" ? await allRoutes() : null;
      if (known) widget.set({ block: packBlock(known, 0), load: expertLoad(known) });
    },
    svg: () => routingPicture(record, known),
    text: () => routingText(record, known),
    tables: () => routingTables(record, allRoutes),
  });
  return widget;
}
