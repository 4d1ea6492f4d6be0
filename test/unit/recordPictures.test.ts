import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadModel, loadRun, type Model, type Run } from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import {
  anatomy,
  attention,
  comparison,
  cost,
  drafts,
  latent,
  precision,
  routing,
  sparse,
  tokens,
} from "../../widgets/index.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

/** What the pictures need of one, so that runs of any model are taken. */
interface Pictured {
  tableNames(): Promise<readonly string[]>;
  toCsv(name: string): Promise<string>;
  toSvg(): Promise<string>;
}

async function assertSamePictures(
  t: TestContext,
  run: Run,
  draw: (run: Run) => Promise<readonly Pictured[]>,
): Promise<void> {
  const folder = join(await temporaryFolder(t), "run");
  await run.save(folder);
  const loaded = await loadRun(folder);
  t.after(() => loaded.dispose());
  const [own, read] = [await draw(run), await draw(loaded)];
  for (const [i, picture] of own.entries()) {
    const other = read[i] as Pictured;
    assert.equal(await other.toSvg(), await picture.toSvg());
    for (const name of await picture.tableNames())
      assert.equal(await other.toCsv(name), await picture.toCsv(name), name);
  }
}

async function closing(t: TestContext, name: string): Promise<Model> {
  const model = await loadModel(name, { backend: "cpu" });
  t.after(() => model.dispose());
  return model;
}

test("pictures of a drafted generation are the same from its record", async (t) => {
  const model = await closing(t, "tiny");
  const generation = model.generate("The cat", { speculate: "mtp", maxTokens: 8, ignoreEos: true });
  for await (const _ of generation);
  await assertSamePictures(t, generation.run, async (run) => [
    ...[attention(run), routing(run), cost(run), latent(run), tokens(run), drafts(run)],
    ...[anatomy(run), await precision(run, run), comparison(run, run)],
  ]);
});

test("pictures of sparse attention are the same from its record", async (t) => {
  const model = await closing(t, inRepository("test/fixtures/hf-random/deepseek_v32"));
  const run = await model.run([3, 1, 4, 1, 5, 9, 2, 6, 5, 3]);
  await assertSamePictures(t, run, async (one) => [
    ...[attention(one), sparse(one), latent(one), routing(one), cost(one), tokens(one)],
  ]);
});
