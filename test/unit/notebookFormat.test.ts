import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { checkNotebook, parseNotebook } from "../../kernel/server/contents/notebookFormat.ts";
import { notebookText } from "../fixtures/notebookText.ts";

const frame = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
const cell = { cell_type: "code", metadata: {}, source: "" };

test("a notebook keeps what it says of itself, and gets what it leaves out", () => {
  const metadata = { kernelspec: { name: "vitrine" } };
  const given = { ...frame, metadata, more: 1 };
  assert.deepEqual(checkNotebook(given, "a.ipynb"), given);
  const bare = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 0 };
  assert.deepEqual(checkNotebook({ cells: [], nbformat: 4 }, "a.ipynb"), bare);
  const odd = { cells: [], nbformat: 4, metadata: [], nbformat_minor: "5" };
  assert.deepEqual(checkNotebook(odd, "a.ipynb"), bare);
});

test("texts are lists of lines in the file and whole in memory, wherever the format has them so", () => {
  const lines = ["one\n", "two"];
  const output = (text: unknown) => [
    { output_type: "stream", name: "stdout", text },
    {
      output_type: "display_data",
      metadata: {},
      data: { "text/plain": text, "application/json": ["1", "2"], "a/b+json": ["3"] },
    },
    { output_type: "error", ename: "E", evalue: "v", traceback: ["t1", "t2"] },
  ];
  const cells = (text: unknown) => [
    { ...cell, source: text, execution_count: 1, outputs: output(text) },
    {
      cell_type: "markdown",
      metadata: {},
      source: text,
      attachments: { a: { "image/png": text } },
    },
    { cell_type: "raw", metadata: {}, source: text },
  ];
  const [file, memory] = [
    { ...frame, cells: cells(lines) },
    { ...frame, cells: cells("one\ntwo") },
  ];
  assert.deepEqual(checkNotebook(file, "a.ipynb"), memory);
  assert.deepEqual(JSON.parse(notebookText(checkNotebook(memory, "a.ipynb"))), file);
  const source = (text: string): unknown =>
    JSON.parse(notebookText({ ...frame, cells: [{ ...cell, source: text }] })).cells[0].source;
  assert.deepEqual(source(""), []);
  assert.deepEqual(source("\n\na\n"), ["\n", "\n", "a\n"]);
});

test("the file has sorted keys, one space for each level and a line break at its end", () => {
  const text = notebookText({ ...frame, metadata: { b: [{ d: 1, c: 2 }], a: null } });
  assert.equal(
    text,
    '{\n "cells": [],\n "metadata": {\n  "a": null,\n  "b": [\n   {\n    "c": 2,\n    "d": 1\n   }\n  ]\n },\n "nbformat": 4,\n "nbformat_minor": 5\n}\n',
  );
});

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/notebooks/${name}`, import.meta.url), "utf8");

for (const name of ["format3-short", "format3-everything"]) {
  test(`${name} is upgraded to what nbformat makes of it, and reads the same twice`, () => {
    const upgraded = parseNotebook(fixture(`${name}.ipynb`), "a.ipynb");
    const ids = new Set(upgraded.cells.map(({ id }) => id));
    const cells = upgraded.cells.map(({ id, ...rest }) => rest);
    assert.deepEqual({ ...upgraded, cells }, JSON.parse(fixture(`${name}.upgraded.json`)));
    assert.equal(ids.size, upgraded.cells.length);
    for (const id of ids) assert.match(String(id), /^[0-9a-f]{8}$/);
    assert.deepEqual(parseNotebook(fixture(`${name}.ipynb`), "a.ipynb"), upgraded);
  });
}

test("JSON in an output of format 3 that is none stays the text that it was", () => {
  const outputs = [{ output_type: "display_data", json: "{" }];
  const cells = [{ cell_type: "code", input: "", outputs }];
  const upgraded = checkNotebook({ nbformat: 3, worksheets: [{ cells }] }, "a.ipynb");
  assert.deepEqual(upgraded.cells[0]?.outputs, [
    { output_type: "display_data", metadata: {}, data: { "application/json": "{" } },
  ]);
});

test("a byte order mark in front of a notebook is no part of it", () => {
  const text = fixture("byteOrderMark.ipynb");
  assert.ok(text.startsWith("\uFEFF"));
  assert.deepEqual(parseNotebook(text, "a.ipynb"), frame);
});

test("what is no notebook is refused with the place and what stands there", () => {
  const refuses = (value: unknown, message: RegExp): void =>
    assert.throws(() => checkNotebook(value, "a.ipynb"), { status: 400, message });
  refuses([], /^read notebook a\.ipynb: expected a JSON object, got \[\]\. /);
  refuses(null, /a JSON object, got null\. /);
  refuses({}, /a number as "nbformat", got nothing\. /);
  refuses({ nbformat: "4" }, /a number as "nbformat", got "4"\. /);
  const expected = "expected notebook format 4, or 3, which is upgraded, got format";
  refuses({ nbformat: 2 }, RegExp(`${expected} 2\\. Convert it where Jupyter is installed: `));
  refuses({ nbformat: 5 }, RegExp(`${expected} 5\\. Save it in format 4 `));
  refuses({ nbformat: 3 }, /a list as "worksheets", got nothing\. /);
  refuses({ nbformat: 3, worksheets: [{}] }, /a list as "cells" of worksheet 0, got nothing\. /);
  refuses(
    { nbformat: 3, worksheets: [{ cells: [1] }] },
    /objects as cells of worksheet 0, got 1\. /,
  );
  refuses({ nbformat: 4 }, /a list as "cells", got nothing\. /);
  refuses({ nbformat: 4, cells: [cell, 1] }, /an object as cell 1, got 1\. /);
  refuses({ nbformat: 4, cells: [{ cell_type: "text" }] }, /type of cell 0, got "text"\. /);
  refuses({ nbformat: 4, cells: "x".repeat(58) }, /"cells", got "x{58}"\. /);
  refuses({ nbformat: 4, cells: "x".repeat(59) }, /"cells", got "x{56}\.\.\.\. /);
  assert.throws(() => parseNotebook("{\n\n", "a.ipynb"), { status: 400, message: /at line 3, / });
});
