import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type Model, Tensor } from "../../engine/index.node.ts";
import { fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string) {
  const open = await openModel(backend, fixtureFolder(fixture));
  models.push(open.model);
  return open;
}

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`rows through a matrix on ${backend}`, () => {
    it("are the logits where the matrix is the unembedding", async () => {
      const { model } = await opened(backend, MIXED);
      const run = await model.run(promptOf(MIXED).slice(0, 5), { logits: "all" });
      const read = await run.get("ln_final.hook_normalized");
      const table = model.spec.tiedEmbeddings ? "embed" : "unembed";
      const logits = await model.linear(read, table);
      assert.deepEqual([logits.shape, logits.dims], [run.logits.shape, ["T", "N"]]);
      assert.deepEqual(logits.data, run.logits.data, "by the same operator, bit for bit");
    });

    it("are the host's product, of a weight, of a tensor, and of axes before the rows", async () => {
      const { model, backend: device } = await opened(backend, "llama3");
      const run = await model.run(promptOf("llama3").slice(0, 4));
      const z = await run.get("blocks.0.attn.hook_result"); // (T, H, M)
      const weight = await model.weight("blocks.1.mlp.up");
      const wanted = z.matmul(weight.transpose());
      const before = device.memory.tensors;
      for (const by of ["blocks.1.mlp.up", weight]) {
        const got = await model.linear(z, by);
        assert.deepEqual(got.shape, wanted.shape);
        assert.equal(got.dtype, backend === "reference" ? "f64" : "f32");
        const most = Math.max(
          ...got.data.map((x, i) => Math.abs(x - (wanted.data[i] ?? Number.NaN))),
        );
        assert.ok(most < 1e-5, `${most}`);
      }
      assert.equal(device.memory.tensors, before, "nothing stays on the device");
      assert.deepEqual(
        (await model.linear(z.slice({ T: 1, H: 0 }), weight)).shape,
        weight.shape.slice(0, 1),
      );
    });
  });

describe("a product that is none", () => {
  it("is refused by name", async () => {
    const { model } = await opened("cpu", "llama3");
    const rows = new Tensor(new Float32Array(2 * model.spec.dModel), [2, model.spec.dModel]);
    const refused = (x: Tensor, by: string | Tensor, code: string, message: RegExp) =>
      assert.rejects(model.linear(x, by), { code, message });
    await refused(rows, "unembde", "ERR_WEIGHT_UNKNOWN", /linear: .*Did you mean unembed/);
    await refused(rows, "ln_final", "ERR_SHAPE", /the weight ln_final/);
    await refused(rows.transpose(), "unembed", "ERR_SHAPE", /rows as long as those/);
    const wide = new Tensor(new Float32Array(model.spec.dModel * 3), [model.spec.dModel, 3]);
    await refused(rows, wide, "ERR_SHAPE", /Transpose the matrix/);
    const ids = new Tensor(new Int32Array(model.spec.dModel), [model.spec.dModel]);
    await refused(ids, "unembed", "ERR_DTYPE", /whole numbers/);
    await assert.rejects(model.linear(rows, "unembed", { signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
  });
});
