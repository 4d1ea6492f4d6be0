import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { attribution } from "../../engine/explain/attribution.ts";
import { expertRows } from "../../engine/explain/expertRows.ts";
import { experts, type Model, scale, zero } from "../../engine/index.ts";
import { partsOf } from "../../engine/look/run.ts";
import { expected, FIXTURES, fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(fixture));
  models.push(model);
  return model;
}

const near = (got: number, wanted: number, within: number, what: string) =>
  assert.ok(Math.abs(got - wanted) <= within, `${what}: ${got}, not ${wanted}`);

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`attribution on ${backend}`, () => {
    for (const fixture of backend === "webgpu"
      ? (["gpt2", "gpt_oss", "deepseek_v3"] as const)
      : FIXTURES)
      it(`splits a logit into parts that sum to it, and heads by positions: ${fixture}`, async () => {
        const model = await opened(backend, fixture);
        const { ids, logits } = expected(fixture);
        const position = 10;
        const run = await model.run(ids.slice(0, 12));
        const V = model.spec.nVocab;
        const golden = (id: number) => logits.data[position * V + id] as number;
        const one = await attribution(run, 5, { position });
        near(
          one.parts.reduce((sum, { value }) => sum + value, 0),
          golden(5),
          1e-4,
          "logit",
        );
        near(one.remainder, 0, backend === "reference" ? 1e-9 : 1e-5, "remainder");
        const two = await attribution(run, 5, {
          against: 9,
          position: position - 12,
          sources: true,
        });
        assert.equal(two.position, position);
        near(
          two.parts.reduce((sum, { value }) => sum + value, 0),
          golden(5) - golden(9),
          1e-4,
          "difference",
        );
        const heads = two.parts.filter(({ kind }) => kind === "head");
        const { sources } = two;
        assert.ok(sources !== null && sources.length === heads.length * (position + 1));
        heads.forEach(({ value, layer, index }, h) => {
          const own = sources.subarray(h * (position + 1), (h + 1) * (position + 1));
          near(
            own.reduce((a, b) => a + b, 0),
            value,
            1e-5,
            `head ${layer}.${index}`,
          );
        });
        const kinds = new Set(two.parts.map(({ kind }) => kind));
        const { layers, norm, learnedPositions } = model.spec;
        assert.equal(
          kinds.has("expert"),
          layers.some(({ feedForward }) => feedForward.kind === "moe"),
        );
        assert.equal(kinds.has("position"), learnedPositions);
        assert.equal(kinds.has("normBias"), norm === "layer");
        run.dispose();
      });
  });

describe("attribution", () => {
  it("gives a head that is taken out nothing, and changes what the others give through later layers alone", async () => {
    const model = await opened("reference", "llama3");
    const ids = expected("llama3").ids.slice(0, 8);
    const layer = model.spec.nLayers - 1;
    const plain = await attribution(await model.run(ids), 3);
    const run = await model.run(ids, { edits: [zero(`blocks.${layer}.attn.hook_z`, { head: 1 })] });
    const without = await attribution(run, 3);
    const of = ({ parts }: typeof plain, head: number) =>
      parts.find((each) => each.kind === "head" && each.layer === layer && each.index === head)
        ?.value;
    assert.ok(Math.abs(of(plain, 1) ?? 0) > 1e-4);
    assert.equal(of(without, 1), 0);
    near(without.remainder, 0, 1e-9, "remainder");
    await assert.rejects(attribution(run, 3, { sources: true }), {
      code: "ERR_EDIT",
      message: /hook_z/,
    });
  });

  it("makes experts' outputs again with their bits, and reads those that edits change", async () => {
    for (const [backend, fixture] of [
      ["cpu", "gpt_oss"],
      ["cpu", "deepseek_v3"],
      ["webgpu", "mixtral"],
    ] as const) {
      const model = await opened(backend, fixture);
      const ids = expected(fixture).ids.slice(0, 6);
      const run = await model.run(ids);
      const layer = model.spec.nLayers - 1;
      const name = `blocks.${layer}.mlp`;
      await attribution(run, 3);
      const { experts: made, shared } = await expertRows(partsOf(run).state, layer, 4);
      const captured = await run.get(`${name}.hook_expert_out`, { token: 4 });
      assert.deepEqual(made, captured.data);
      const isShared = fixture === "deepseek_v3";
      const wanted = isShared ? await run.get(`${name}.hook_shared_out`, { token: 4 }) : null;
      assert.deepEqual(shared, wanted?.data ?? null);
      const edits = [
        scale(`${name}.hook_expert_out`, 2),
        experts({ layer, position: -1 }).count(1),
      ];
      const edited = await attribution(await model.run(ids, { edits }), 3);
      near(edited.remainder, 0, 1e-5, fixture);
      const ofLayer = edited.parts.filter((each) => each.layer === layer);
      assert.equal(ofLayer.filter(({ kind }) => kind === "expert").length, 1);
    }
  });

  it("refuses by name what is no sum of parts", async () => {
    const model = await opened("cpu", "llama3");
    const run = await model.run([3, 1, 4]);
    await assert.rejects(attribution(run, -1), { code: "ERR_TOKEN_ID" });
    await assert.rejects(attribution(run, 1, { against: 1.5 }), { code: "ERR_TOKEN_ID" });
    await assert.rejects(attribution(run, 1, { position: 3 }), { code: "ERR_SELECTION" });
    const scaled = await model.run([3, 1, 4], { edits: [scale("blocks.0.hook_resid_post", 2)] });
    await assert.rejects(attribution(scaled, 1), {
      code: "ERR_EDIT",
      message: /blocks\.0\.hook_resid_post/,
    });
    const masked = await model.run([3, 1, 4], {
      edits: [{ kind: "heads", layer: 0, head: 1, mask: true }],
    });
    await attribution(masked, 1);
    await assert.rejects(attribution(masked, 1, { sources: true }), {
      code: "ERR_EDIT",
      message: /head 1 masked/,
    });
    const mixed = await opened("cpu", MIXED);
    const streams = await mixed.run(promptOf(MIXED).slice(0, 3));
    await assert.rejects(attribution(streams, 1), {
      code: "ERR_NOT_DECOMPOSABLE",
      message: /streams of layer/,
    });
  });
});
