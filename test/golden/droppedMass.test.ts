import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { InputError } from "../../engine/base/errors.ts";
import { heads, type Model, type Run, scale } from "../../engine/index.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const { ids } = expected("deepseek_v32");
const T = ids.length;
const LAYER = 1;
const ATTENTION = `blocks.${LAYER}.attn`;

/** Weights over all keys in float64, (H, T, T), from a run's queries and keys. @param seesNot (head, query, key) that edits hide */
async function denseWeights(
  run: Run,
  seesNot: (head: number, query: number, key: number) => boolean = () => false,
): Promise<Float64Array> {
  const [q, k] = [
    await run.get(`${ATTENTION}.hook_rot_q`),
    await run.get(`${ATTENTION}.hook_rot_k`),
  ];
  const [, nHeads = 0, width = 0] = q.shape;
  const { attention } = run.model.spec.layers[LAYER] as { attention: { scale: number } };
  const weights = new Float64Array(nHeads * T * T);
  for (let h = 0; h < nHeads; h++)
    for (let t = 0; t < T; t++) {
      const scores = Array.from({ length: t + 1 }, (_, s) => {
        if (seesNot(h, t, s)) return Number.NEGATIVE_INFINITY;
        let sum = 0;
        for (let d = 0; d < width; d++) sum += q.at(t, h, d) * k.at(s, h, d);
        return sum * attention.scale;
      });
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const total = shares.reduce((a, b) => a + b, 0);
      for (const [s, share] of shares.entries()) weights[(h * T + t) * T + s] = share / total;
    }
  return weights;
}

async function keptKeys(run: Run): Promise<Set<number>[]> {
  const chosen = await run.get(`${ATTENTION}.hook_topk_indices`);
  return Array.from({ length: T }, (_, t) => new Set([...chosen.row(t).data].map(Number)));
}

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`the mass that sparse attention drops on ${backend}`, async () => {
    const opened = openModel(backend, fixtureFolder("deepseek_v32"));
    const during = async (body: (model: Model) => Promise<void>) => body((await opened).model);

    it("is what the keys that were not chosen have of the softmax over all keys", () =>
      during(async (model) => {
        const run = await model.run(ids);
        const { mass, kept, nHeads, nTokens, topK } = await run.droppedMass(LAYER);
        assert.deepEqual([nTokens, topK, mass.length], [T, 6, nHeads * T]);
        const [weights, chosen] = [await denseWeights(run), await keptKeys(run)];
        let most = 0;
        for (let t = 0; t < T; t++) {
          assert.equal(kept[t], Math.min(t + 1, topK));
          for (let h = 0; h < nHeads; h++) {
            let dropped = 0;
            for (let s = 0; s <= t; s++)
              if (!chosen[t]?.has(s)) dropped += weights[(h * T + t) * T + s] ?? 0;
            const got = mass[h * T + t] ?? Number.NaN;
            assert.ok(
              Math.abs(got - dropped) < 1e-5,
              `head ${h}, query ${t}: ${got}, not ${dropped}`,
            );
            if (t < topK) assert.equal(got, 0);
            most = Math.max(most, got);
          }
        }
        assert.ok(most > 0.2 && most < 1, `the fixture drops ${most} at most`);
        run.dispose();
      }));

    it("is spread over the keys as a tile of every key says", () =>
      during(async (model) => {
        const run = await model.run(ids);
        const weights = await denseWeights(run);
        const tile = await run.attentionTile({ layer: LAYER, head: 2, everyKey: true });
        tile.weights.forEach((weight, i) => {
          const wanted = weights[2 * T * T + i] ?? Number.NaN;
          assert.ok(Math.abs(weight - wanted) < 1e-5, `${weight}, not ${wanted}, at ${i}`);
        });
        const part = { queryStart: 8, queryCount: 4, keyStart: 2, keyCount: 4, pool: 2 };
        const pooled = await run.attentionTile({ layer: LAYER, head: 2, everyKey: true, ...part });
        const block = [8, 9].flatMap((t) => [2, 3].map((s) => tile.weights[t * T + s] ?? 0));
        assert.equal(pooled.weights[0], Math.max(...block));
        const usual = await run.attentionTile({ layer: LAYER, head: 2 });
        assert.deepEqual(
          [...usual.weights],
          [...(await run.get(`${ATTENTION}.hook_pattern`, { head: 2 })).data].map(Math.fround),
        );
        run.dispose();
      }));

    it("knows hidden edges and temperatures, and is refused where scores or patterns are edited", () =>
      during(async (model) => {
        const query = T - 1;
        const run = await model.run(ids, {
          edits: [
            heads({ layer: LAYER, head: 1 }).edge(query, 0),
            heads({ layer: LAYER, head: 0 }).temperature(2),
          ],
        });
        const { mass } = await run.droppedMass(LAYER);
        const chosen = await keptKeys(run);
        const weights = await denseWeights(run, (h, t, s) => h === 1 && t === query && s === 0);
        let dropped = 0;
        for (let s = 0; s < T; s++)
          if (!chosen[query]?.has(s)) dropped += weights[(T + query) * T + s] ?? 0;
        assert.ok(Math.abs((mass[T + query] ?? 0) - dropped) < 1e-5);
        const plain = await model.run(ids);
        const cold = (await plain.droppedMass(LAYER)).mass[query] ?? 0;
        assert.ok(Math.abs((mass[query] ?? 0) - cold) > 1e-3, "the temperature counts");
        const edited = await model.run(ids, { edits: [scale(`${ATTENTION}.hook_pattern`, 0.5)] });
        await assert.rejects(edited.droppedMass(LAYER), isRefusal);
        assert.equal((await edited.droppedMass(0)).layer, 0);
        for (const each of [run, plain, edited]) each.dispose();
      }));
  });

it("a model that sees all keys drops none, and says so", async () => {
  const { model } = await openModel("cpu", fixtureFolder("deepseek_v3"));
  const run = await model.run(expected("deepseek_v3").ids);
  await assert.rejects(run.droppedMass(0), isRefusal);
  await assert.rejects(run.droppedMass(99), isRefusal);
  await assert.rejects(run.attentionTile({ layer: 0, head: 0, everyKey: true }), isRefusal);
  assert.equal(run.costByLength().denseLengths, null);
  model.dispose();
});

it("cost against length is that of the next token, with fewer keys than dense", async () => {
  const { model } = await openModel("cpu", fixtureFolder("deepseek_v32"));
  const { lengths, denseLengths, label } = (await model.run([3, 1])).costByLength();
  assert.equal(label, "computed");
  assert.deepEqual(
    lengths.map(({ context }) => context),
    [5, 10, 20, 40, 80, 160, 320, 640],
  );
  const at = lengths[3];
  const { nextDecode } = (await model.run(Array.from({ length: 39 }, (_, i) => i))).cost();
  assert.ok(at);
  assert.equal(at.flops, nextDecode.flops);
  assert.equal(at.weightBytes, nextDecode.weightBytes);
  assert.equal(at.kvReadBytes, nextDecode.kvReadBytes);
  const [first, dense] = [lengths[0], denseLengths?.[0]];
  assert.ok(first && dense && denseLengths);
  assert.ok(
    first.attentionFlops > dense.attentionFlops,
    "where no key is left out, the indexer comes on top",
  );
  assert.ok(denseLengths.every((each) => each.attentionFlops < each.flops));
  model.dispose();
});

const isRefusal = (error: unknown): boolean =>
  error instanceof InputError && error.code === "ERR_SELECTION";
