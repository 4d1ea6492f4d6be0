import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { notebookNames, readCells } from "../fixtures/exerciseCells.ts";

const INDEX = "00-index.ipynb";
const text = readCells(INDEX)
  .map(({ source }) => source)
  .join("\n");
/** Rows of the table: the file, the question, the minutes, and what to know before. */
const rows = [...text.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\) \|(.*)\|$/gm)].map(
  ([, name = "", file = "", rest = ""]) => ({
    ...{ name, file },
    cells: rest.split("|").map((cell) => cell.trim()),
  }),
);
const others = notebookNames().filter((name) => name !== INDEX);

test("the index lists every notebook of its folder, and no other, in the order of their numbers", () => {
  assert.deepEqual(
    rows.map(({ file }) => file),
    others,
  );
  for (const { name, file } of rows) assert.equal(`${name}.ipynb`, file);
});

test("it says of each what it asks, how long it takes, and which others to read before", () => {
  for (const { file, cells } of rows) {
    const [question = "", minutes = "", before = ""] = cells;
    assert.match(question, /^[A-Z].{20,}\?$/, file);
    assert.ok(Number(minutes) >= 5 && Number(minutes) <= 30, `${file}: ${minutes} minutes`);
    assert.notEqual(before, "", file);
    for (const [number = ""] of before.matchAll(/\b\d\d\b/g)) {
      assert.ok(
        others.some((other) => other.startsWith(`${number}-`)),
        `${file}: no ${number}`,
      );
      assert.ok(number < file, `${file} comes before ${number}`);
    }
  }
});

test("links between notebooks lead to notebooks that are there", () => {
  for (const name of notebookNames())
    for (const { source } of readCells(name))
      for (const [, file = ""] of source.matchAll(/\]\(([\w-]+\.ipynb)\)/g))
        assert.ok(notebookNames().includes(file), `${name}: ${file}`);
});

test("docs/notebooks.md has a line for each, once and in the order of their numbers", () => {
  const page = readFileSync(inRepository("docs/notebooks.md"), "utf8");
  const listed = [...page.matchAll(/^- \[([\w-]+)\]\(\.\.\/notebooks\/([^)]+)\): \S/gm)];
  assert.deepEqual(
    listed.map(([, , file]) => file),
    others,
  );
  for (const [, name, file] of listed) assert.equal(`${name}.ipynb`, file);
});
