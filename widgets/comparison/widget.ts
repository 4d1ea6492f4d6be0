import type { CompareRecord, Run } from "../../engine/index.node.ts";
import { checkOptions, type OptionNames } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import type { KernelQuestion } from "../render/askKernel.ts";
import { Picture } from "../render/picture.ts";
import { runName } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { alignedCounts } from "../routing/comparedRoutes.ts";
import { alignedMap, mapPool, mapStep } from "./alignedMaps.ts";
import {
  type ComparedRun,
  type ComparedRuns,
  comparedRuns,
  type PairSource,
} from "./comparedRuns.ts";
import { costPairs } from "./costPairs.ts";
import { type ComparisonState, comparisonText } from "./data.ts";
import { headPairs } from "./headPairs.ts";
import { keptPairs } from "./keptPairs.ts";
import { packPair } from "./pairs.ts";
import { recordPairs, recordSummary, topsOf } from "./recordPairs.ts";
import { routePairs } from "./routePairs.ts";
import { comparisonPicture, firstOfTabs } from "./staticPicture.ts";
import { comparisonTables } from "./tables.ts";
import { tokenPairs } from "./tokenPairs.ts";

export interface ComparisonOptions {
  /** What the engine's `compare(a, b)` says of the runs: divergence and logit difference at each position, where they part. */
  readonly record?: CompareRecord;
}

const OPTIONS: OptionNames<ComparisonOptions> = { record: true };

/**
 * Two runs on one scale, and what the second has more or less than the first: every number of tokens, what heads do and their maps, load
 * and entropy of routers, and what parts of the models cost. Tokens of other texts are aligned by a longest common subsequence; what only
 * one run has is told apart. Heads and experts are compared where both models have the same ones.
 * @throws KernelError ERR_OPTION; TypeError for a record of other runs
 */
export function comparison(
  a: Run,
  b: Run,
  options: ComparisonOptions = {},
): Picture<ComparisonState> {
  checkOptions("comparison", options, OPTIONS);
  return pictureOf(comparedRuns(a, b), options.record);
}

function pictureOf(
  runs: ComparedRuns,
  record: CompareRecord | undefined,
): Picture<ComparisonState> {
  const parts = [tokenPairs, headPairs, routePairs, costPairs].map((compare) => compare(runs));
  const sources = [
    ...(record === undefined ? [] : recordPairs(runs, record)),
    ...parts.flatMap(({ pairs }) => pairs),
  ];
  const state = stateOf(runs, sources, {
    record,
    missing: parts.flatMap(({ missing }) => missing),
  });
  const hasMaps = sources.some(({ info }) => info.tab === "attention");
  return new Picture<ComparisonState>({
    name: "comparison",
    esm: viewSource("comparison"),
    state,
    keep: () => keptPairs(state.pairs, hasMaps ? state.headsByLayer : []),
    records: [runs.a.record, runs.b.record],
    answers: {
      pair: async (question) => ({
        buffers: [packPair(await sourceAsked(sources, question).read())],
      }),
      map: async (question) => {
        const layer = integerIn(question, "layer", 0, state.headsByLayer.length - 1);
        const head = integerIn(question, "head", 0, (state.headsByLayer[layer] ?? 1) - 1);
        return { buffers: [packPair(await alignedMap(runs, layer, head))] };
      },
    },
    svg: async () => {
      const shown = firstOfTabs(sources).map(async ({ info, read }) => ({
        info,
        pair: await read(),
      }));
      return comparisonPicture(state, await Promise.all(shown));
    },
    text: () => comparisonText(state),
    tables: () => comparisonTables(state, sources),
  });
}

function stateOf(
  runs: ComparedRuns,
  sources: readonly PairSource[],
  said: { readonly record: CompareRecord | undefined; readonly missing: readonly string[] },
): ComparisonState {
  const { a, b, columns } = runs;
  const { record, missing } = said;
  const counts = alignedCounts(columns);
  const names = { a: runName(a.record), b: runName(b.record) };
  const text = ({ own, other }: (typeof columns)[number]): string =>
    textAt(own < 0 ? b : a, own < 0 ? other : own);
  return {
    ...{ runId: a.id, otherId: b.id, names },
    subtitle: `A: ${names.a} · ${a.record.tokens.length} tokens · B: ${names.b} · ${b.record.tokens.length} tokens`,
    texts: columns.map(text),
    own: columns.map(({ own }) => own),
    other: columns.map(({ other }) => other),
    pairs: sources.map(({ info }) => info),
    headsByLayer: a.record.model.headsByLayer,
    moeLayers: a.record.model.moeLayers,
    ...{ mapPool: mapPool(columns.length), mapStep: mapStep(columns.length) },
    missing:
      record === undefined
        ? [...missing, "divergence and parting: pass { record: await compare(a, b) }"]
        : missing,
    summary: [
      `${counts.aligned} tokens of both texts, ${counts.removed} in A alone, ${counts.inserted} in B alone`,
      ...(record === undefined ? [] : recordSummary(record)),
    ],
    tops: record === undefined ? { a: [], b: [] } : topsOf(runs, record),
  };
}

function textAt({ record }: ComparedRun, position: number): string {
  return record.tokens[position]?.text ?? "";
}

function sourceAsked(sources: readonly PairSource[], { of }: KernelQuestion): PairSource {
  const found = sources.find(({ info }) => info.key === of);
  if (found) return found;
  throw new Error(
    `comparison: expected one of ${sources.map(({ info }) => info.key).join(", ")}, got ${String(of)}. Reload the page.`,
  );
}
