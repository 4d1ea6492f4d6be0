import assert from "node:assert/strict";
import { test } from "node:test";
import { answerCells, notebookNames, readCells } from "../fixtures/exerciseCells.ts";

const read = notebookNames().filter((name) => !name.startsWith("00-"));

test("every notebook but the index is saved as one run left it: each cell has its number, none an error", () => {
  for (const name of read) {
    const code = readCells(name).filter((cell) => cell.cell_type === "code");
    assert.deepEqual(
      code.map((cell) => cell.execution_count),
      code.map((_, i) => i + 1),
      name,
    );
    assert.doesNotMatch(JSON.stringify(code), /"output_type":"error"|"name":"stderr"/, name);
  }
});

test("every exercise is saved unanswered, with its card", () => {
  for (const name of read)
    for (const cell of answerCells(readCells(name)))
      assert.match(JSON.stringify(cell.outputs), /Not answered yet/, `${name}: ${cell.id}`);
});

test("every notebook but the index says what it claims rests on: papers or pages, numbered", () => {
  for (const name of read) {
    const texts = readCells(name).map(({ source }) => source);
    const sources = texts.find((text) => text.startsWith("## Sources\n"));
    assert.ok(sources !== undefined, `${name}: no sources`);
    const numbers = [...sources.matchAll(/^(\d+)\. \S/gm)].map(([, number]) => Number(number));
    assert.ok(numbers.length > 0, name);
    assert.deepEqual(
      numbers,
      numbers.map((_, i) => i + 1),
      name,
    );
    const prose = texts.filter((text) => text !== sources).join("\n");
    for (const [, number = ""] of prose.matchAll(/[a-z*`] \[(\d)\][.,:;) ]/g))
      assert.ok(numbers.includes(Number(number)), `${name}: no source ${number}`);
  }
});
