import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runNotebook } from "../../cli/writeup/runNotebook.ts";
import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import {
  answerCells,
  type FileCell,
  notebookNames,
  readCells,
  withAnswers,
} from "../fixtures/exerciseCells.ts";

/** Notebooks that ask, by the least number of their exercises. */
const LEAST: Readonly<Record<string, number>> = {
  "01-first-look.ipynb": 2,
  "02-step-by-step.ipynb": 3,
  "03-induction.ipynb": 3,
  "04-token-costs.ipynb": 2,
  "05-thinking.ipynb": 2,
  "07-latent-attention.ipynb": 3,
  "09-multi-token-prediction.ipynb": 3,
  "10-sparse-attention.ipynb": 3,
  "11-fp8.ipynb": 3,
  "13-tools.ipynb": 2,
  "14-retrieval.ipynb": 2,
  "15-verification.ipynb": 2,
  "16-training-at-scale.ipynb": 2,
};

/** The text of the card that a cell has shown. */
function cardOf(cell: FileCell): string {
  const outputs = (cell.outputs ?? []) as { data?: Record<string, string | string[]> }[];
  const texts = outputs.flatMap(({ data }) => [data?.["text/plain"] ?? []].flat().join(""));
  const card = texts.find((text) => text.startsWith("Exercise: "));
  assert.ok(card !== undefined, `${cell.id}: expected a card, got ${JSON.stringify(cell.outputs)}`);
  return card;
}

/** What the card says of the answer, behind the question. */
const verdictOf = (card: string): string => card.slice(card.lastIndexOf("\n") + 1);

async function ran(name: string, cells: readonly FileCell[]): Promise<readonly FileCell[]> {
  const kernelspec = {
    name: "vitrine",
    display_name: "TypeScript (Vitrine)",
    language: "typescript",
  };
  const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  const { notebook: done, failed } = await runNotebook(notebook as unknown as Notebook, {
    path: inRepository("notebooks", name),
    signal: new AbortController().signal,
  });
  assert.equal(failed, null, `${name}: ${failed?.cell}: ${failed?.message}`);
  return done.cells as unknown as FileCell[];
}

describe("the exercises of the notebooks", () => {
  for (const name of notebookNames().filter((each) => answerCells(readCells(each)).length > 0))
    test(`the solutions of ${name} are right, and every wrong answer is told why`, async () => {
      const { cells, tried } = withAnswers(readCells(name));
      let solved = ""; // as the card of the exercise shows it
      for (const cell of await ran(name, cells)) {
        const answer = tried.get(cell.id);
        if (answer === undefined) {
          const asks = answerCells([cell]).length > 0;
          if (asks) assert.match(verdictOf(cardOf(cell)), /^Not answered yet\.$/, cell.id);
          continue;
        }
        const verdict = verdictOf(cardOf(cell));
        const about = `${cell.id}: ${cell.source}: ${verdict}`;
        const [, said = "", given = ""] = / (\S.*) \(answer: (\S+).*\)$/.exec(verdict) ?? [];
        assert.notEqual(said, "", about);
        if (answer.why === null) {
          assert.match(verdict, /^Right: /, about);
          solved = given;
          continue;
        }
        assert.match(verdict, /^Not yet: /, about);
        assert.ok(said.includes(answer.why), about);
        assert.ok(solved.length < 2 || !said.split(/[\s,;:()]+/).includes(solved), about);
      }
    });

  test("there are as many as the notebooks promise", () => {
    for (const [name, least] of Object.entries(LEAST))
      assert.ok(answerCells(readCells(name)).length >= least, name);
  });
});
