import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { routingAnswers } from "./answers.ts";
import { comparedText, poolOf } from "./comparedRoutes.ts";
import { packBlock, type RoutingState, refusalOf, routingText } from "./data.ts";
import { expertLoad } from "./expertCounts.ts";
import { keptRoutes } from "./keptRoutes.ts";
import { comparisonOf, type LabelledRun, type RoutedRun, routedSources } from "./sources.ts";
import { routingPicture } from "./staticPicture.ts";
import { routingTables } from "./tables.ts";

const EMPTY = new Uint8Array(0);

/** What stands beside the run in its picture. */
export interface RoutingPictureOptions {
  /**
   * A run of the same model over another text: loads side by side and as a difference, and the choices of tokens that both have, aligned
   * by a longest common subsequence.
   */
  readonly compare?: RoutedRun;
  /** Runs over texts with names: which tokens and which texts each expert was sent. */
  readonly corpus?: readonly LabelledRun[];
}

const OPTIONS: OptionNames<RoutingPictureOptions> = { compare: true, corpus: true };

/**
 * Which experts each token was sent to, with weights and entropy; the load of all experts, one token's path through the layers, how
 * near each choice was to another, experts that are chosen together, what the router's bias changed, and what an expert was sent.
 * An expert that is forced or forbidden in the picture is so in a run of its own, whose logits are shown. A sentence for a dense model.
 * @throws KernelError ERR_OPTION; TypeError for runs of different models
 */
export function routing(
  run: RoutedRun,
  options: RoutingPictureOptions = {},
): Picture<RoutingState> {
  checkOptions("routing", options, OPTIONS);
  const { record } = run;
  const refusal = refusalOf(record);
  const sources = routedSources(run, options.compare, options.corpus ?? []);
  const [own] = sources;
  const comparison = comparisonOf(sources);
  /** Null for a dense model, and before the picture is first shown. */
  let known: RoutingRecord | null = null;
  let compared: RoutingRecord | null = null;
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
      sources: sources.map(({ state }) => state),
      comparedTexts: comparison?.source.run.record.tokens.map(({ text }) => text) ?? [],
      partners: comparison?.partners ?? EMPTY,
      block: EMPTY,
      load: EMPTY,
    },
    answers: routingAnswers(sources, comparison),
    keep: () => {
      const { moeLayers, nExperts, nExpertsPerToken: k } = record.model;
      const sourceTokens = sources.map((source) => source.run.record.tokens.length);
      const compared = comparison?.place ?? -1;
      const comparePool = poolOf(comparison?.columns.length ?? 0);
      const sizes = { nRows: moeLayers.length, nExperts, k, sourceTokens, compared, comparePool };
      return refusal === "" ? keptRoutes(sizes) : [];
    },
    records: sources.map((source) => source.run.record),
    prepare: async () => {
      known = refusal === "" ? await own.routes() : null;
      if (known) widget.set({ block: packBlock(known, 0), load: expertLoad(known) });
      if (known && comparison) compared = await comparison.source.routes();
    },
    svg: () => routingPicture(record, known),
    text: () =>
      [
        routingText(record, known),
        ...(known && compared && comparison
          ? [comparedText(known, compared, comparison.columns)]
          : []),
      ].join("\n"),
    tables: () => routingTables(sources, comparison),
  });
  return widget;
}
