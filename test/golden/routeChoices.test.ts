import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { experts, type Model, type Run } from "../../engine/index.ts";
import { fixtureFolder, MIXED, openModel, promptOf, tinyFolder } from "./openModel.ts";

const IDS = Array.from({ length: 24 }, (_, i) => 300 + ((i * 37) % 1201));

/** The router's bias by expert, from what it adds to scores. */
async function biasOf(run: Run, layer: number): Promise<number[]> {
  const scores = await run.get(`blocks.${layer}.mlp.hook_router_scores`);
  const biased = await run.get(`blocks.${layer}.mlp.hook_router_biased`);
  const nExperts = scores.shape[1] as number;
  return Array.from({ length: nExperts }, (_, expert) => {
    for (let t = 0; t < run.tokens.length; t++) {
      const at = t * nExperts + expert;
      const by = (biased.data[at] as number) - (scores.data[at] as number);
      if (Number.isFinite(by)) return by;
    }
    return 0; // its group was always dropped
  });
}

const sorted = (experts: Iterable<number>): number[] => [...experts].toSorted((a, b) => a - b);

for (const name of ["tiny", "deepseek_v3", "mixtral", "gpt_oss", MIXED])
  describe(`choices of the routers of ${name}`, () => {
    const open = async (): Promise<{ model: Model; ids: number[] }> =>
      name === "tiny"
        ? { model: (await openModel("reference", tinyFolder)).model, ids: IDS }
        : {
            model: (await openModel("reference", fixtureFolder(name))).model,
            ids: promptOf(name),
          };

    it("are as near to others as the scores say, and the expert that came next is named", async () => {
      const { model, ids } = await open();
      const run = await model.run(ids);
      const { choices, layers, nTokens, nExperts, nExpertsPerToken, indices, biasedScores } =
        await run.routing({ biasedScores: true, choices: true });
      assert.ok(choices !== undefined && biasedScores !== null && layers.length > 0);
      for (const [row] of layers.entries())
        for (let t = 0; t < nTokens; t++) {
          const at = row * nTokens + t;
          const chosen = indices.subarray(at * nExpertsPerToken, (at + 1) * nExpertsPerToken);
          const all: { score: number; expert: number }[] = Array.from(
            biasedScores.subarray(at * nExperts, (at + 1) * nExperts),
            (score, expert) => ({ score, expert }),
          );
          const ranked = all.toSorted((a, b) => b.score - a.score || a.expert - b.expert);
          const k = chosen.filter((expert) => expert >= 0).length;
          const [last, next] = [ranked[k - 1], ranked[k]];
          assert.ok(last && next);
          const margin = last.score - next.score;
          assert.ok(
            margin === choices.margins[at] || Math.abs(margin - (choices.margins[at] ?? 0)) < 1e-6,
          );
          if (next.score > Number.NEGATIVE_INFINITY)
            assert.equal(choices.runnersUp[at], next.expert);
          else assert.equal(choices.runnersUp[at], -1);
        }
      model.dispose();
    });

    it("without the bias are those of the engine with the bias taken away", async () => {
      const { model, ids } = await open();
      const run = await model.run(ids);
      const {
        choices,
        layers,
        nTokens,
        nExpertsPerToken: k,
      } = await run.routing({
        choices: true,
      });
      assert.ok(choices);
      const specs = layers.map((layer) => model.spec.layers[layer]?.feedForward);
      const hasBias = specs.map((spec) => spec?.kind === "moe" && spec.selectionBias);
      assert.deepEqual(
        choices.routers.map((router) => router.hasBias),
        hasBias,
      );
      assert.equal(choices.withoutBias === null, !hasBias.includes(true));
      let nChanged = 0;
      for (const [row, layer] of layers.entries()) {
        if (choices.withoutBias === null || hasBias[row] !== true) continue;
        const bias = Object.fromEntries((await biasOf(run, layer)).map((by, e) => [e, -by]));
        const plain = await model.run(ids, { edits: [{ kind: "experts", layer, bias }] });
        const { indices } = await plain.routing();
        const own = (await run.routing()).indices;
        for (let t = 0; t < nTokens; t++) {
          const at = (row * nTokens + t) * k;
          const without = sorted(choices.withoutBias.subarray(at, at + k));
          assert.deepEqual(without, sorted(indices.subarray(at, at + k)), `layer ${layer}, ${t}`);
          if (without.join() !== sorted(own.subarray(at, at + k)).join()) nChanged++;
        }
        plain.dispose();
      }
      if (name === "tiny" || name === "deepseek_v3")
        assert.ok(nChanged > 0, "the bias changes some of them");
      model.dispose();
    });
  });

describe("a run once more", () => {
  it("has the bits of the model's run with all edits, those of a generation too", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const first = experts({ layer: 2, position: "generated" }).forbid([3]);
    const generation = model.generate(IDS.slice(0, 6), { maxTokens: 3, edits: [first] });
    for await (const _ of generation);
    const { run } = generation;
    const { choices, layers, nTokens } = await run.routing({ choices: true });
    const next = choices?.runnersUp[(layers.indexOf(4) + 1) * nTokens - 1] ?? -1;
    const more = experts({ layer: 4, position: nTokens - 1 }).force([next]);
    const again = await run.again([more], { logits: [-1], keep: "nothing" });
    const ids = run.tokens.map(({ id }) => id);
    const whole = await model.run(ids, {
      edits: [experts({ layer: 2, position: [6, ids.length] }).forbid([3]), more],
    });
    assert.deepEqual(again.logits.data, whole.logits.data);
    assert.deepEqual(again.edits, whole.edits);
    assert.deepEqual(
      (await run.again()).logits.data,
      (await run.get("hook_logits", { token: [ids.length - 1, ids.length] })).data,
    );
    assert.notDeepEqual(again.logits.data, (await run.again()).logits.data);
    model.dispose();
  });

  it("needs no tensors of the run, but its model", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const run = await model.run(IDS);
    const { logits } = run;
    run.dispose();
    assert.deepEqual((await run.again()).logits.data, logits.data);
    model.dispose();
    await assert.rejects(run.again(), { code: "ERR_DISPOSED" });
  });

  it("of edited layers does not say what the bias changed", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    const run = await model.run(IDS, { edits: [experts({ layer: 2 }).forbid([3])] });
    const { choices, layers, nTokens, nExpertsPerToken: k } = await run.routing({ choices: true });
    const row = layers.indexOf(2);
    assert.deepEqual(
      choices?.routers.map(({ isEdited }) => isEdited),
      layers.map((layer) => layer === 2),
    );
    const of = (at: number) =>
      choices?.withoutBias?.subarray(at * nTokens * k, (at + 1) * nTokens * k);
    assert.ok(of(row)?.every((expert) => expert === -1));
    assert.ok(of(row + 1)?.every((expert) => expert >= 0));
    model.dispose();
  });
});
