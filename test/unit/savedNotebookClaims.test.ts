import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { assertCostNotebookClaims } from "../fixtures/costNotebookClaims.ts";
import type { NotebookCell, RunCell } from "../fixtures/notebookOutputs.ts";
import { assertStepNotebookClaims } from "../fixtures/stepNotebookClaims.ts";
import { assertThinkingNotebookClaims } from "../fixtures/thinkingNotebookClaims.ts";

function savedCells<Cell extends RunCell>(name: string): Cell[] {
  const text = readFileSync(inRepository("notebooks", name), "utf8");
  return (JSON.parse(text) as { cells: Cell[] }).cells;
}

test("what the notebook of steps says of its numbers is so in the outputs that it was saved with", () =>
  assertStepNotebookClaims(savedCells<RunCell>("02-step-by-step.ipynb")));

test("what the notebook of costs says of its numbers is so in the outputs that it was saved with", () =>
  assertCostNotebookClaims(savedCells<RunCell>("04-token-costs.ipynb")));

test("what the notebook of thoughts says of its numbers is so in the outputs that it was saved with", () =>
  assertThinkingNotebookClaims(savedCells<NotebookCell>("05-thinking.ipynb")));
