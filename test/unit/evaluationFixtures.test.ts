import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { loadEvaluation, readSamples, verifyEvaluation } from "../../engine/index.node.ts";

for (const version of [1, 2])
  test(`evaluations of version ${version} are read, and come to what their results say`, () =>
    assertRead(
      fileURLToPath(new URL(`../fixtures/evaluations/sums-v${version}`, import.meta.url)),
    ));

async function assertRead(folder: string): Promise<void> {
  const evaluation = await loadEvaluation(folder);
  const results = JSON.parse(await readFile(join(folder, "results.json"), "utf8"));
  const { about, metrics, intervals } = evaluation;
  assert.deepEqual(about, results.about);
  assert.deepEqual(metrics, results.metrics);
  const written = results.intervals.map((row: (typeof intervals)[number]) => ({
    ...row,
    // Intervals of version 1 may reach beyond 0 and 1.
    ...{ low: Math.max(0, row.low), high: Math.min(1, row.high) },
  }));
  assert.deepEqual(intervals, written);
  assert.equal((await verifyEvaluation(folder)).samples, evaluation.samples.length);
  assert.equal(evaluation.toCsv(), await readFile(join(folder, "samples.csv"), "utf8"));
  const rows = await readSamples(join(folder, "samples.parquet"));
  assert.deepEqual(
    rows.map(({ sample, reply }) => [sample, reply]),
    evaluation.samples.map(({ sample, reply }) => [sample, reply]),
  );
  assert.deepEqual(evaluation.captures.sites, await readSamples(join(folder, "sites.parquet")));
}
