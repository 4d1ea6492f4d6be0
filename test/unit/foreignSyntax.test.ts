import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { checkedNotebook } from "../fixtures/kernel/checkedNotebook.ts";

const { compile } = checkedNotebook(tmpdir());

test("magics, shell commands and questions are answered with what stands for them", () => {
  const answers: [cell: string, place: string, message: RegExp][] = [
    [
      "%%html\n<b>x</b>",
      "1:1",
      /^cell: expected TypeScript, got the magic %%html, .* Write displayRaw\(\{ "text\/html": `\.\.\.` \}\)\.$/,
    ],
    ["!ls", "1:1", /got a command for a shell\. .*execSync\("ls", \{ encoding: "utf8" \}\)\)\.$/],
    ['!ls -la "a b"', "1:1", /execSync\("ls -la \\"a b\\""/],
    ["let a = 1;\n  !npm install zod", "2:3", /Write "npm install zod" in a terminal/],
    ["%time 1 + 1", "1:1", /got the magic %time, .* Write console\.time\(/],
    ["// first\n%load_ext autoreload", "2:1", /Write nothing: it is not needed here\.$/],
    ["%%unheard of", "1:1", /got the magic %%unheard, .* Write it in TypeScript\.$/],
    ["console?", "1:1", /got a question mark for help\. Press Shift-Tab behind console\.$/],
    ["JSON.parse??\n\n", "1:1", /behind JSON\.parse\.$/],
    ["?console", "1:1", /behind console\.$/],
  ];
  for (const [cell, place, message] of answers) {
    const { ok, diagnostics } = compile(cell);
    const [{ line, column, message: told } = { line: 0, column: 0, message: "" }] = diagnostics;
    assert.deepEqual([ok, diagnostics.length, `${line}:${column}`], [false, 1, place], cell);
    assert.match(told, message);
  }
});

test("TypeScript that looks like those is left alone, and its errors are its own", () => {
  for (const cell of [
    "let ready = true; const rest = 10\n% 3",
    "!ready",
    "ready\n  ? 1 : 2",
    "`\n%%html\n!ls\n`",
  ]) {
    const { ok, diagnostics } = compile(cell);
    assert.deepEqual([ok, diagnostics], [true, []], cell);
  }
  const { ok, diagnostics } = compile("const isOpen =\n  !neverMade");
  assert.deepEqual([ok, diagnostics.map(({ code }) => code)], [true, [2304]]);
  for (const cell of ["!ready && (;", "ready ? : 2", "const a = `\n%%html\n`; a b"]) {
    const { ok, diagnostics } = compile(cell);
    assert.equal(ok, false);
    assert.doesNotMatch(diagnostics[0]?.message ?? "", /^cell:/, cell);
  }
});
