import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type {
  AttributionRecord,
  Circuits,
  Gradients,
  HeadMetricsRecord,
  LensRecord,
  Model,
  Run,
  SweepEffects,
  Tensor,
  TensorTopK,
  TopTokensRecord,
} from "../../engine/index.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";

const { text: PAGE, blocks: BLOCKS } = readPage("from-transformerlens.md");

interface Page extends Tokens, Looking, Explaining, Acting, Heads {
  readonly model: Model;
  readonly nLayers: number;
  readonly nHeads: number;
  readonly dModel: number;
  readonly nVocab: number;
}

interface Tokens {
  readonly ids: readonly number[];
  readonly texts: readonly string[];
  readonly text: string;
  readonly cat: number;
  readonly dog: number;
  readonly position: number;
  readonly runs: readonly Run[];
}

interface Looking {
  readonly run: Run;
  readonly logits: Tensor;
  readonly everyRow: Tensor;
  readonly pattern: Tensor;
  readonly head: Tensor;
  readonly residual: Tensor;
  readonly stream: readonly Tensor[];
  readonly names: readonly string[];
  readonly states: readonly string[];
  readonly result: Tensor;
  readonly stopped: Tensor;
  readonly started: Run;
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly length: number;
  readonly unembedded: Tensor;
  readonly onHost: Tensor;
  readonly shared: Tensor;
  readonly likeliest: TensorTopK;
  readonly pictures: readonly object[];
}

interface Explaining {
  readonly early: LensRecord;
  readonly decomposed: readonly Tensor[];
  readonly heads: readonly Tensor[];
  readonly logitsOf: readonly Tensor[];
  readonly split: AttributionRecord;
  readonly loss: number;
  readonly logProbs: Tensor;
  readonly lossPerToken: readonly number[];
  readonly tested: TopTokensRecord;
  readonly answers: readonly (readonly [string, number])[];
  readonly inductionLoss: number;
}

interface Acting {
  readonly pieces: readonly string[];
  readonly written: string;
  readonly said: Tensor;
  readonly ablated: Run;
  readonly doubled: Run;
  readonly first: Run;
  readonly second: { readonly text: string };
  readonly source: Run;
  readonly frozen: Run;
  readonly gradients: Gradients["gradients"];
  readonly residualPatch: SweepEffects;
  readonly headPatch: SweepEffects;
  readonly byPosition: SweepEffects;
  readonly queryPatch: SweepEffects;
  readonly patternPatch: SweepEffects;
}

interface Heads {
  readonly told: HeadMetricsRecord;
  readonly previousTokenHeads: Tensor;
  readonly duplicateTokenHeads: Tensor;
  readonly inductionHeads: Tensor;
  readonly unembedding: Tensor;
  readonly catRow: Tensor;
  readonly query: Tensor;
  readonly value: Tensor;
  readonly output: Tensor;
  readonly ov: Tensor;
  readonly u: Tensor;
  readonly s: Tensor;
  readonly vh: Tensor;
  readonly promoted: Tensor;
  readonly entries: Circuits;
}

test("every call of docs/from-transformerlens.md does what the page says", async (t) => {
  assert.ok(BLOCKS.length >= 20, `${BLOCKS.length} blocks`);
  const page = (await runPage(t, BLOCKS)) as Page;
  assertTokens(page);
  assertLooking(page);
  assertExplaining(page);
  assertActing(page);
  assertHeads(page);
  await assert.rejects(page.model.run("a"), { code: "ERR_DISPOSED" });
});

function assertTokens({ ids, texts, text, cat, position, runs }: Page): void {
  assert.equal(text, "The cat sat. The cat");
  assert.equal(texts.length, ids.length);
  assert.equal(ids[position], cat);
  assert.deepEqual(
    runs.map((run) =>
      run.tokens
        .map((token) => token.text)
        .join("")
        .includes(" cat"),
    ),
    [true, false],
  );
  assert.notEqual(runs[0]?.tokens.length, runs[1]?.tokens.length);
}

function assertLooking(page: Page): void {
  const { ids, nLayers, nHeads, dModel, nVocab, logits, pattern, head, residual, result } = page;
  const T = ids.length;
  assert.deepEqual(
    [logits, pattern, head, residual, result].map(({ shape }) => shape),
    [
      [T, nVocab],
      [nHeads, T, T],
      [T, T],
      [T, dModel],
      [T, nHeads, dModel],
    ],
  );
  assert.deepEqual(head.data, pattern.row(3).data);
  assert.deepEqual(page.everyRow.data, logits.data);
  assert.equal(page.stream.length, nLayers);
  assert.deepEqual(page.stream[3]?.data, residual.data); // what leaves block 2 enters block 3
  assert.ok(page.names.includes("blocks.4.attn.hook_pattern"));
  assert.ok(page.states.includes("blocks.4.attn.hook_pattern: recomputed"));
  assert.deepEqual(page.stopped.data, residual.data, "where the forward pass stopped");
  assert.deepEqual(page.started.logits.data, logits.row(-1).data, "and from where it started");
  assert.equal(page.values.at(1, 0), Math.max(...pattern.row(1, -1).data));
  assert.equal(pattern.at(1, -1, page.indices.at(1, 0)), page.values.at(1, 0));
  const lengths = Array.from({ length: T }, (_, t) => Math.hypot(...residual.row(t).data));
  near(page.length, lengths.reduce((sum, each) => sum + each, 0) / T, 1e-4);
  assert.deepEqual(page.unembedded.shape, [T, nVocab]);
  assert.ok(page.unembedded.data.every((x, i) => Math.abs(x - (page.onHost.data[i] ?? 0)) < 1e-3));
  assert.deepEqual(page.shared.data, page.unembedded.logSoftmax().data);
  assert.deepEqual(page.likeliest, page.unembedded.topK(5));
  assert.equal(page.pictures.length, 3);
}

function assertExplaining(page: Page): void {
  const { ids, logits, cat, dog, nLayers, residual, decomposed, split } = page;
  assert.equal(page.early.ranks.length, (nLayers + 1) * ids.length);
  const sums = (parts: readonly Tensor[], at: number) =>
    parts.reduce((sum, part) => sum + (part.data[at] as number), 0);
  assert.equal(decomposed.length, 1 + 2 * nLayers);
  near(sums(decomposed.slice(0, 7), 5), residual.at(-1, 5), 1e-4); // three blocks of them
  const [z] = page.heads;
  assert.deepEqual([page.heads.length, z?.shape], [5, [ids.length, page.nHeads, page.dModel]]);
  for (const id of [cat, dog]) near(sums(page.logitsOf, id), logits.at(-1, id), 1e-3);
  near(split.logit, logits.at(-1, cat) - logits.at(-1, dog), 1e-6);
  near(
    split.parts.reduce((sum, part) => sum + part.value, 0),
    split.logit,
    1e-4,
  );
  const embedding = page.logitsOf[0];
  near(split.parts[0]?.value, (embedding?.at(cat) ?? 0) - (embedding?.at(dog) ?? 0), 1e-4);
  assert.equal(page.lossPerToken.length, ids.length - 1);
  for (const [t, loss] of page.lossPerToken.entries())
    near(loss, -page.logProbs.at(t, ids[t + 1] ?? -1), 1e-4);
  assert.ok(page.loss > 0 && page.loss < Math.log(page.nVocab));
  assert.equal(page.answers.length, 10);
  near(page.tested.logProbs[0], page.logProbs.at(-1, cat), 1e-4);
  const better = page.logProbs.row(-1).data.filter((x) => x > page.logProbs.at(-1, cat)).length;
  assert.equal(page.tested.ranks[0], better);
  assert.ok(page.inductionLoss < Math.log(page.nVocab) / 2, `${page.inductionLoss}`);
}

function assertActing(page: Page): void {
  const { nLayers, nHeads, logits } = page;
  assert.ok(page.written.length > 0);
  assert.equal(page.pieces.join(""), page.written);
  assert.ok((page.said.shape[1] ?? 0) > 3);
  assert.deepEqual(
    page.ablated.edits.map(({ edit }) => edit),
    [{ kind: "zero", site: "blocks.2.attn.hook_z", head: 1 }],
  );
  const plain = logits.row(-1).data;
  for (const run of [page.ablated, page.doubled]) assert.notDeepEqual(run.logits.data, plain);
  assert.deepEqual(page.first.logits.data, page.ablated.logits.data);
  assert.equal(typeof page.second.text, "string");
  assert.notDeepEqual(page.frozen.logits.data, page.source.logits.data);
  assert.deepEqual(page.gradients.get("blocks.3.hook_resid_pre")?.shape, [6, page.dModel]);
  const shapes = [
    page.residualPatch,
    page.headPatch,
    page.byPosition,
    page.queryPatch,
    page.patternPatch,
  ];
  assert.deepEqual(
    shapes.map(({ effects }) => effects.shape),
    [
      [nLayers, 6],
      [nLayers, nHeads],
      [1, 6, nHeads],
      [nLayers, nHeads],
      [nLayers, nHeads],
    ],
  );
  const [, beforeNoun, , , , last] = page.residualPatch.effects.row(nLayers - 1).data;
  assert.equal(beforeNoun, 0); // the prompts are the same there
  assert.notEqual(last, 0);
  for (const { effects } of shapes) assert.ok(effects.norm() > 0);
}

function assertHeads(page: Page): void {
  const { told, ids, nHeads, dModel, nVocab, pattern } = page;
  const T = ids.length;
  const mean = (metric: "previous" | "induction", head: number) =>
    told.means[head * told.metrics.length + told.metrics.indexOf(metric)] as number;
  const repeated = ids.filter((id, t) => ids.indexOf(id) < t).length;
  for (let head = 0; head < nHeads; head++) {
    near(page.previousTokenHeads.at(head), (mean("previous", head) * (T - 1)) / T, 1e-5);
    near(page.inductionHeads.at(head), (mean("induction", head) * repeated) / T, 1e-5);
    const to = ids.map((id, t) => ids.flatMap((other, k) => (k < t && other === id ? [k] : [])));
    const weights = to.flatMap((keys, t) => keys.map((key) => pattern.at(head, t, key)));
    near(page.duplicateTokenHeads.at(head), weights.reduce((sum, x) => sum + x, 0) / T, 1e-5);
  }
  assert.deepEqual(page.unembedding.shape, [nVocab, dModel]);
  assert.deepEqual([page.catRow.shape, page.query.shape[1]], [[dModel], dModel]);
  const { u, s, vh, ov, promoted } = page;
  const again = u.map((x, i) => x * (s.data[i % s.data.length] ?? 0)).matmul(vh);
  assert.ok(again.data.every((x, i) => Math.abs(x - (ov.data[i] ?? Number.NaN)) < 1e-9));
  assert.deepEqual(promoted.shape, [page.value.shape[0], 5]);
  assert.equal(page.output.shape[0], dModel);
  assert.equal(page.entries.ov?.largest.length, 4);
}

function near(got: number | undefined, wanted: number, within: number): void {
  assert.ok(Math.abs((got ?? Number.NaN) - wanted) <= within, `${got}, not ${wanted}`);
}

test("the names of sites on the page are those of models, and those that it lacks are refused", async () => {
  const { loadModel } = (await import(pathToFileURL(inRepository("dist/index.js")).href)) as {
    loadModel: (name: string) => Promise<Model>;
  };
  const model = await loadModel("tiny");
  const names = model.sites().map(({ name }) => name.replace(/^blocks\.\d+\./, ""));
  const [, here = "", lacking = ""] = PAGE.split(/## Names\n|## What is not here\n/);
  const rows = here.split("\n").filter((line) => line.startsWith("| "));
  const named = rows.flatMap((row) => [
    ...(row.split("|")[1] ?? "").matchAll(/`([\w.]*hook_\w+)`/g),
  ]);
  const sparse = ["rot_k", "scores"].map((name) => `attn.hook_index_${name}`); // of DeepSeek V3.2 alone
  const others = [...sparse, "attn.hook_topk_indices", "hook_streams_pre"];
  for (const [, name = ""] of named)
    assert.ok(
      others.includes(name) || names.some((each) => each === name || each.endsWith(`.${name}`)),
      name,
    );
  assert.ok(named.length >= 14, `${named.length}`);
  const run = await model.run("a");
  const missing = [...lacking.matchAll(/`(hook_\w+)`/g)].flatMap(([, name = ""]) =>
    names.includes(`attn.${name}`) ? [] : [name],
  );
  assert.ok(missing.length >= 6);
  for (const name of missing)
    await assert.rejects(run.get(`blocks.0.${name}`), { code: "ERR_SITE_UNKNOWN" });
  model.dispose();
});
