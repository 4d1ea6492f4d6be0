import type { AttributionRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type ExplainedRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import {
  type AttributionState,
  type AttributionSum,
  attributionSum,
  attributionText,
  bySize,
} from "./data.ts";
import { checkAttribution } from "./refusals.ts";
import { attributionPicture } from "./staticPicture.ts";
import { attributionTables } from "./tables.ts";

/** Heads whose sources are kept for pages without a kernel, the strongest first. */
const MOST_KEPT = 256;

/**
 * What a logit, or the difference of two, is the sum of: parts by their size with the running sum, or a tree from the logit to layers, to
 * heads, MLPs and experts, and, where `attribution` was given `{ sources: true }`, to the tokens that heads read.
 * @param record what `attribution(run, target)` gives
 * @param run the one that it is of, for the texts of its tokens
 * @throws KernelError ERR_OPTION; TypeError for another run
 */
export function attributionBars(
  record: AttributionRecord,
  run: ExplainedRun,
  options: Readonly<Record<string, never>> = {},
): Picture<AttributionState> {
  checkOptions("attributionBars", options, {});
  checkAttribution(record, run.record);
  const sum = attributionSum(
    record,
    run.record.tokens.map(({ text }) => text),
    (id) => run.model.tokenText(id),
  );
  const subtitle = describeRun(run.record);
  const { sources, position } = record;
  const width = position + 1;
  return new Picture<AttributionState>({
    name: "attribution",
    esm: viewSource("attribution"),
    state: { ...sum, runId: run.id, subtitle },
    answers: {
      sources: async (question) => {
        if (sources === null)
          throw new Error(
            "attributionBars: expected heads split by what they read, got none. Write attribution(run, target, { sources: true }).",
          );
        const head = integerIn(question, "head", 0, sources.length / width - 1);
        return { buffers: [sources.slice(head * width, (head + 1) * width)] };
      },
    },
    keep: () => (sources === null ? [] : strongestHeads(sum)),
    svg: () => attributionPicture(sum, subtitle),
    text: () => attributionText(sum, subtitle),
    tables: () => attributionTables(record, sum),
    records: [run.record],
  });
}

function strongestHeads({ parts }: AttributionSum) {
  const values = parts.flatMap(({ kind, value }) => (kind === "head" ? [value] : []));
  return bySize(values)
    .slice(0, MOST_KEPT)
    .map((head) => ({ kind: "sources", head }));
}
