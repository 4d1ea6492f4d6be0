import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { test } from "node:test";
import type {
  ArmComparison,
  Evaluation,
  EvaluationReplay,
  Model,
  Run,
} from "../../engine/index.node.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

interface Page {
  readonly model: Model;
  readonly result: Evaluation;
  readonly thought: Evaluation;
  readonly accuracies: readonly { readonly value: number }[];
  readonly compared: readonly ArmComparison[];
  readonly kept: Evaluation;
  readonly captured: Evaluation;
  readonly replay: EvaluationReplay;
  readonly run: Run;
}

test("every block of docs/evaluation.md does what the page says", async (t) => {
  const { text, blocks } = readPage("evaluation.md");
  assert.equal(blocks.length, 6);
  const folder = await temporaryFolder(t);
  const here = blocks.map((code) =>
    code.replace(/"(sums-run|sums-with-runs)"/g, (_, name) => JSON.stringify(`${folder}/${name}`)),
  );
  const page = (await runPage(t, here)) as Page;
  const { model, result, thought, accuracies, compared, kept, captured } = page;
  try {
    const [sample] = result.samples;
    assert.equal(sample?.reply, "9");
    assert.equal(sample?.outcome, "right");
    assert.equal(Object.keys(thought.arms()).length, 2);
    const share = /accuracies\.map.*\/\/ (.*)/.exec(text)?.[1];
    assert.deepEqual(
      accuracies.map(({ value }) => value),
      JSON.parse(share ?? ""),
    );
    assert.equal(compared.length, 1);
    assert.ok(compared.every(({ corrected, high }) => corrected < 0.001 && high < 0));
    assert.ok(compared.every(({ corrected, mcNemar }) => mcNemar !== null && corrected >= mcNemar));
    assert.deepEqual(kept.samples, result.samples);
    assert.equal(page.replay.same, true);
    const said = Number(/sites\?\.length; \/\/ (\d+)/.exec(text)?.[1]);
    assert.equal(captured.captures.sites?.length, said);
    const length = Number(/record\.tokens\.length; \/\/ (\d+)/.exec(text)?.[1]);
    assert.equal(page.run.record.tokens.length, length);
    const files = new Set(await readdir(`${folder}/sums-run`));
    for (const file of [
      "manifest.json",
      "log",
      "samples.parquet",
      "samples.csv",
      "results.json",
      "timings",
    ])
      assert.ok(files.delete(file), file);
    assert.deepEqual([...files], []);
  } finally {
    page.run.dispose();
    model.dispose();
  }
});
