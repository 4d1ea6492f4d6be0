import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../engine/index.node.ts";
import { fixtureFolder } from "./openModel.ts";

const file = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
const tinyFp8 = fileURLToPath(new URL("../../models/tiny-fp8", import.meta.url));

describe("weights as floats", () => {
  for (const [backend, path] of [
    ["cpu", file("gguf/llama_q4_k_q6_k.gguf")],
    ["cpu", file("gguf/mixtral.gguf")],
    ["cpu", file("formats/gpt_oss_mxfp4")],
    ["cpu", tinyFp8],
    ["cpu", fixtureFolder("deepseek_v2")],
    ["webgpu", file("gguf/mixtral.gguf")],
    ["webgpu", file("gguf/deepseek_v3.gguf")],
    ["webgpu", file("gguf/llama_bf16.gguf")],
  ] as const)
    it(`are those of the checkpoint: ${path.split("/").at(-1)} on ${backend}`, async () => {
      const [model, oracle] = [
        await loadModel(path, { backend }),
        await loadModel(path, { backend: "reference" }),
      ];
      for (const { name, shape } of model.plan.weights.values()) {
        const whole = await model.weight(name);
        assert.deepEqual(whole.shape, shape);
        const wanted = Float32Array.from((await oracle.weight(name)).data, (x) => x + 0);
        assert.deepEqual(
          Float32Array.from(whole.data, (x) => x + 0),
          wanted,
          name,
        ); // -0 is 0
        const last = (shape[0] ?? 0) - 1;
        const row = await model.weight(name, { rows: -1 });
        assert.deepEqual(row.shape, shape.slice(1));
        assert.deepEqual(row.data, whole.row(last).data, `${name} ${last}`);
      }
      const some = await model.weight("embed", { rows: [3, 5] });
      assert.deepEqual(some.shape, [2, model.spec.dModel]);
      assert.deepEqual(
        some.data,
        Float32Array.from(
          (await oracle.weight("embed")).data.slice(3 * model.spec.dModel, 5 * model.spec.dModel),
        ),
      );
      for (const each of [model, oracle]) each.dispose();
    });

  it("are read of packed experts that wait in host memory", async () => {
    const path = file("gguf/mixtral.gguf");
    const waiting = await loadModel(path, { backend: "cpu", expertCacheBytes: 2 ** 20 });
    const held = await loadModel(path, { backend: "cpu" });
    const name = "blocks.0.mlp.experts.down";
    assert.deepEqual(await waiting.weight(name), await held.weight(name));
    for (const each of [waiting, held]) each.dispose();
  });

  it("are refused where there are none", async () => {
    const model = await loadModel(fixtureFolder("llama3"), { backend: "cpu" });
    await assert.rejects(model.weight("blocks.0.attn.qq"), {
      code: "ERR_WEIGHT_UNKNOWN",
      message: /blocks\.0\.attn\.q/,
    });
    await assert.rejects(model.weight("ln_final", { rows: 1e6 }), { code: "ERR_SELECTION" });
    model.dispose();
  });
});
