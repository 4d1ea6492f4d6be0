import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type {
  AttributionPart,
  LensRecord,
  Model,
  Run,
  SweepEffects,
  Tensor,
} from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";

const { text: PAGE, blocks: BLOCKS } = readPage("transformer-lens.md");

interface Page {
  readonly model: Model;
  readonly run: Run;
  readonly logits: Tensor;
  readonly pattern: Tensor;
  readonly head: Tensor;
  readonly residual: Tensor;
  readonly stream: readonly Tensor[];
  readonly result: Tensor;
  readonly said: Tensor;
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly text: string;
  readonly cat: number;
  readonly names: readonly string[];
  readonly states: readonly string[];
  readonly loss: number;
  readonly pieces: readonly string[];
  readonly written: string;
  readonly pictures: readonly object[];
  readonly ablated: Run;
  readonly residualPatch: SweepEffects;
  readonly headPatch: SweepEffects;
  readonly unembedding: Tensor;
  readonly query: Tensor;
  readonly output: Tensor;
  readonly early: LensRecord;
  readonly parts: readonly AttributionPart[];
}

test("every call of docs/transformer-lens.md does what the page says", async (t) => {
  assert.ok(BLOCKS.length >= 10, `${BLOCKS.length} blocks`);
  const page = (await runPage(t, BLOCKS)) as Page;
  const { model, ids, pattern, head, residual, stream, result, logits, said } = page;
  const { nLayers, nHeads, dModel, nVocab } = model.record;
  const T = ids.length;
  const shapes = [logits, pattern, head, residual, result].map(({ shape }) => shape);
  assert.deepEqual(shapes, [
    [T, nVocab],
    [nHeads, T, T],
    [T, T],
    [T, dModel],
    [T, nHeads, dModel],
  ]);
  assert.deepEqual(head.data, pattern.row(3).data);
  assert.equal(stream.length, nLayers);
  assert.deepEqual(stream[3]?.data, residual.data); // what leaves block 2 enters block 3
  assert.equal(page.text, "The cat sat. The cat");
  assert.equal(page.texts.length, T);
  assert.equal(typeof page.cat, "number");
  assert.ok(page.names.includes("blocks.4.attn.hook_pattern"));
  assert.ok(page.states.includes("blocks.4.attn.hook_pattern: recomputed"));
  assert.ok(page.loss > 0 && page.loss < Math.log(nVocab));
  assert.ok(page.written.length > 0);
  assert.equal(page.pieces.join(""), page.written);
  assert.ok((said.shape[1] ?? 0) > 3);
  assert.equal(page.pictures.length, 3);
  assert.deepEqual(
    page.ablated.edits.map(({ edit }) => edit),
    [{ kind: "zero", site: "blocks.2.attn.hook_z", head: 1 }],
  );
  assert.notDeepEqual(page.ablated.logits.data, logits.data);
  assert.deepEqual(page.unembedding.shape, [nVocab, dModel]);
  assert.equal(page.query.shape[1], dModel);
  assert.equal(page.output.shape[0], dModel);
  assert.equal(page.early.ranks.length, T);
  const sum = page.parts.reduce((total, part) => total + part.value, 0);
  assert.ok(Math.abs(sum - logits.at(-1, page.cat)) < 1e-4, `${sum}`);
  assert.deepEqual(page.residualPatch.effects.shape, [nLayers, 6]);
  assert.deepEqual(page.headPatch.effects.shape, [nLayers, nHeads]);
  const [, beforeNoun, , , , last] = page.residualPatch.effects.row(nLayers - 1).data;
  assert.equal(beforeNoun, 0); // the prompts are the same there
  assert.notEqual(last, 0);
  await assert.rejects(model.run("a"), { code: "ERR_DISPOSED" });
});

test("the names of sites on the page are those of models", async () => {
  const { loadModel } = (await import(pathToFileURL(inRepository("dist/index.js")).href)) as {
    loadModel: (name: string) => Promise<Model>;
  };
  const model = await loadModel("tiny");
  const names = model.sites().map(({ name }) => name.replace(/^blocks\.\d+\./, ""));
  model.dispose();
  const [here = ""] = PAGE.split("## What is not here");
  const rows = here.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([\w.]+)`/g)]);
  const sparse = ["rot_k", "scores"].map((name) => `attn.hook_index_${name}`); // of DeepSeek V3.2 alone
  sparse.push("attn.hook_topk_indices");
  for (const [, name = ""] of named)
    assert.ok(
      sparse.includes(name) || names.some((each) => each === name || each.endsWith(`.${name}`)),
      name,
    );
  assert.ok(named.length >= 6);
});
