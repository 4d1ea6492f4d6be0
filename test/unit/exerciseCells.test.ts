import assert from "node:assert/strict";
import { test } from "node:test";
import { answerCells, answersOf, notebookNames, readCells } from "../fixtures/exerciseCells.ts";

const ASKS = /\b(\w+) = exercise\(\{/;

test("every answer in the notebooks has a solution, wrong answers with reasons, and its question before it", () => {
  for (const name of notebookNames()) {
    const cells = readCells(name);
    const asked = new Set<string>();
    for (const cell of cells) {
      const question = ASKS.exec(cell.source)?.[1];
      if (cell.cell_type === "code" && question !== undefined) asked.add(question);
      if (answerCells([cell]).length === 0) continue;
      answersOf(cell);
      const answered = /(\w+)\.answer\(/.exec(cell.source)?.[1] ?? "";
      assert.ok(asked.delete(answered), `${name}: ${cell.id} answers nothing asked before`);
    }
    assert.deepEqual([...asked], [], `${name}: asked and never answered`);
  }
});

test("cells with a question are folded, so that nobody reads the reasons first", () => {
  for (const name of notebookNames())
    for (const { id, cell_type: type, source, metadata } of readCells(name))
      if (type === "code" && ASKS.test(source)) {
        const { jupyter } = metadata as { jupyter?: { source_hidden?: boolean } };
        assert.equal(jupyter?.source_hidden, true, `${name}: ${id}`);
      }
});

test("every notebook asks at least two questions, but for the index", () => {
  for (const name of notebookNames().filter((each) => !each.startsWith("00-")))
    assert.ok(answerCells(readCells(name)).length >= 2, name);
});
