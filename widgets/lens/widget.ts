import type { LensRecord } from "../../engine/trace/schema.ts";
import { checkOptions } from "../../kernel/display/checkOptions.ts";
import { integerIn } from "../render/answerQuestions.ts";
import { Picture } from "../render/picture.ts";
import { describeRun, type ExplainedRun } from "../render/runSource.ts";
import { viewSource } from "../render/viewSource.ts";
import { type LensState, lensCells, lensText, likeliestAt } from "./data.ts";
import { checkLens } from "./refusals.ts";
import { lensPicture } from "./staticPicture.ts";
import { lensTables } from "./tables.ts";

/** Columns whose tokens are kept for pages without a kernel, the latest first. */
const MOST_KEPT = 1024;

/**
 * What each layer would say next, position by position: the likeliest token in a cell, coloured by its probability, by the probability or
 * rank of the target, or by the entropy. Of a cell all tokens that the record has: ten where `lens` was given `{ topK: 10 }`.
 * @param record what `lens(run)` gives
 * @param run the one that it is of, for the texts of its tokens
 * @throws KernelError ERR_OPTION; TypeError for another run, or past 65,536 cells
 */
export function lensGrid(
  record: LensRecord,
  run: ExplainedRun,
  options: Readonly<Record<string, never>> = {},
): Picture<LensState> {
  checkOptions("lensGrid", options, {});
  checkLens(record, run.record);
  const textOf = (id: number): string => run.model.tokenText(id);
  const cells = lensCells(
    record,
    run.record.tokens.map(({ text }) => text),
    textOf,
  );
  const subtitle = describeRun(run.record);
  const { sites, positions, topK, translated } = record;
  return new Picture<LensState>({
    name: "lens",
    esm: viewSource("lens"),
    state: { ...cells, ...{ runId: run.id, subtitle, topK, translated } },
    answers: {
      likeliest: async (question) => {
        const column = integerIn(question, "column", 0, positions.length - 1);
        const rows = sites.map((_, row) => likeliestAt(record, row, column, textOf));
        return { content: { rows } };
      },
    },
    keep: () =>
      Array.from({ length: Math.min(MOST_KEPT, positions.length) }, (_, i) => ({
        kind: "likeliest",
        column: positions.length - 1 - i,
      })),
    svg: () => lensPicture(cells, subtitle, translated),
    text: () => lensText(cells, subtitle),
    tables: () => lensTables(record, cells, textOf),
    records: [run.record],
  });
}
