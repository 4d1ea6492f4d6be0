import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { importCode, onBuilt } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const NOTEBOOK = inRepository("notebooks/17-learning-to-think.ipynb");

test("the notebook of learning to think comes out as it was saved, its claims with it", async (t) => {
  const folder = await temporaryFolder(t);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [inRepository("bin/vitrine.mjs"), "verify", NOTEBOOK],
    { cwd: folder, encoding: "utf8", env: { ...process.env, JUPYTER_DATA_DIR: folder } },
  );
  assert.equal(status, 0, stdout + stderr);
  assert.match(
    stdout,
    /17-learning-to-think\.ipynb: \d+ the same, 0 different, 1 volatile cell not compared\n$/,
  );
});

interface Exercises {
  check1(answer: number | null): string;
  check2(answer: "a" | "b" | "c" | null): string;
}

test("its exercises say of each answer whether it is right, and why not", async (t) => {
  const { cells } = JSON.parse(readFileSync(NOTEBOOK, "utf8")) as {
    cells: { cell_type: string; source: string[] }[];
  };
  const checks = cells
    .map(({ source }) => source.join(""))
    .filter((cell) => /function check/.test(cell));
  const module = `${checks.join(";\n")};\nexport { check1, check2 };\n`;
  const { check1, check2 } = (await importCode(t, onBuilt(module))) as Exercises;
  for (const [answer, reply] of [
    [null, /^Not answered/],
    [0.775, /^Right/],
    [0.325, /mean of all rewards/],
    [1.1, /that is the reward/],
    [0.75, /earns 0\.1 as well/],
    [2, /^No: the mean is/],
  ] as const)
    assert.match(check1(answer), reply);
  for (const [answer, reply] of [
    [null, /^Not answered/],
    ["a", /^No: three/],
    ["b", /^Right/],
    ["c", /^No: nothing/],
  ] as const)
    assert.match(check2(answer), reply);
});
