import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { importCode, onBuilt } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const NOTEBOOK = inRepository("notebooks/03-induction.ipynb");

test("the notebook of induction comes out as it was saved, its claims with it", async (t) => {
  const folder = await temporaryFolder(t);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository("bin/vitrine.mjs"), "verify", NOTEBOOK],
    { cwd: folder, encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: folder } },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /03-induction\.ipynb: \d+ the same, 0 different\n$/);
});

interface Exercises {
  check1(answer: number | null): string;
  check2(answer: readonly [number, number] | null): Promise<string>;
  check3(answer: "a" | "b" | "c" | null): string;
}

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const { cells } = JSON.parse(readFileSync(NOTEBOOK, "utf8")) as {
    cells: { cell_type: string; source: string[] }[];
  };
  const code = cells
    .filter(({ cell_type: type }) => type === "code")
    .map(({ source }) => source.join(""));
  const needed = code.filter((cell) =>
    /const model =|const scores:|const inductionHeads =|const plain =|const joint =|function check/.test(
      cell,
    ),
  );
  const module = `${needed.join(";\n")};\nexport { check1, check2, check3 };\n`;
  const { check1, check2, check3 } = (await importCode(t, onBuilt(module))) as Exercises;

  for (const [answer, reply] of [
    [null, /^Not answered/],
    [5, /^Right/],
    [4, /duplicate-token/],
    [13, /previous-token/],
    [15, /future/],
    [9, /^No: find the earlier copy/],
  ] as const)
    assert.match(check1(answer), reply);
  for (const [answer, reply] of [
    [null, /^Not answered/],
    [[2, 0], /^Right: \d+ % of the induction score is left/],
    [[2, 1], /^No: \d+ % .*token before/],
    [[4, 3], /one of the induction heads/],
    [[5, 2], /behind the induction heads/],
  ] as const)
    assert.match(await check2(answer), reply);
  for (const [answer, reply] of [
    [null, /^Not answered/],
    ["a", /^No: compare/],
    ["b", /^Right: one by one/],
    ["c", /^No: a map/],
  ] as const)
    assert.match(check3(answer), reply);
});
