import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  add,
  compare,
  experts,
  heads,
  loadRun,
  type Model,
  saveRun,
  zero,
} from "../../engine/index.node.ts";
import { partsOf } from "../../engine/look/run.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { expected, fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(fixture));
  models.push(model);
  return model;
}

const softmax = (row: ArrayLike<number>): number[] => {
  const all = Array.from(row, Math.exp);
  const total = all.reduce((a, b) => a + b, 0);
  return all.map((each) => each / total);
};

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`two runs compared on ${backend}`, () => {
    it("differ in no place where they are the same", async () => {
      const model = await opened(backend, MIXED);
      const ids = promptOf(MIXED).slice(0, 6);
      const record = await compare(await model.run(ids), await model.run(ids, { chunkSize: 4 }));
      assert.equal(record.parting, null);
      assert.deepEqual(record.changedRoutes, []);
      assert.ok(record.kl.every((nats) => nats === 0));
      assert.ok(record.logitDifference.every((each) => each === 0));
      assert.deepEqual(record.topA, record.topB);
    });

    it("part at the first site that an edit reaches, and say what came of it", async () => {
      const model = await opened(backend, "qwen3_moe");
      const ids = expected("qwen3_moe").ids.slice(0, 8);
      const a = await model.run(ids, { logits: "all" });
      const edits = [zero("blocks.1.attn.hook_z", { head: 1, position: [3, 8] })];
      const b = await model.run(ids, { edits, logits: "all" });
      const record = await compare(a, b);
      assert.equal(record.parting?.site, "blocks.1.attn.hook_z");
      assert.equal(record.parting?.position, 3);
      const z = await a.get("blocks.1.attn.hook_z", { token: 3, head: 1 });
      assert.equal(record.parting?.difference, Math.max(...Array.from(z.data, Math.abs)));
      for (let t = 0; t < ids.length; t++) {
        const [rowA, rowB] = [a.logits.row(t).data, b.logits.row(t).data];
        const [p, q] = [softmax(rowA), softmax(rowB)];
        const kl = p.reduce((sum, each, i) => sum + each * Math.log(each / (q[i] ?? 0)), 0);
        assert.ok(
          Math.abs((record.kl[t] ?? Number.NaN) - kl) < 1e-6,
          `kl ${t}: ${record.kl[t]}, not ${kl}`,
        );
        assert.equal(record.kl[t] === 0, t < 3);
        assert.equal(record.topA[t], rowA.indexOf(Math.max(...rowA)));
        assert.equal(record.topB[t], rowB.indexOf(Math.max(...rowB)));
        const token = ids[t + 1] ?? record.topA[t] ?? 0;
        assert.equal(record.logitDifference[t], (rowB[token] ?? 0) - (rowA[token] ?? 0));
      }
      const { backend: device } = partsOf(a).state.device;
      const { tensors } = device.memory;
      const far = await compare(a, b, { tolerance: 1e6 });
      assert.equal(device.memory.tensors, tensors);
      assert.equal(far.parting, null);
    });
  });

describe("two runs compared", () => {
  it("name the experts that one chose and the other did not", async () => {
    const model = await opened("cpu", "mixtral");
    const ids = expected("mixtral").ids.slice(0, 6);
    const a = await model.run(ids);
    const { indices, nExpertsPerToken: k } = await a.routing();
    const [chosen = 0] = indices.subarray(2 * k, 3 * k);
    const edits = [experts({ layer: 0, position: 2 }).forbid([chosen])];
    const record = await compare(a, await model.run(ids, { edits }));
    const [route] = record.changedRoutes ?? [];
    assert.deepEqual([route?.layer, route?.position, route?.left], [0, 2, [chosen]]);
    assert.equal(route?.joined.length, 1);
    assert.ok(!indices.subarray(2 * k, 3 * k).includes(route?.joined[0] ?? 0));
    assert.match(record.parting?.site ?? "", /^blocks\.0\.mlp\.hook_/);
  });

  it("may have an edited head, other prompts, and be read from records", async (t) => {
    const model = await opened("cpu", "llama3");
    const a = await model.run([3, 1, 4]);
    const edited = await model.run([3, 1, 4], { edits: [add("ln_final.hook_normalized", 1)] });
    const head = await compare(a, edited);
    assert.equal(head.parting?.site, "ln_final.hook_normalized");
    assert.ok(head.kl.every((nats) => nats > 0));
    const other = await compare(a, await model.run([3, 1, 5]));
    assert.deepEqual([other.parting?.site, other.parting?.position], ["hook_embed", 2]);
    const masked = await model.run([3, 1, 4], { edits: [heads({ layer: 0, head: 0 }).mask()] });
    assert.equal((await compare(a, masked)).parting?.site, "blocks.0.attn.hook_z");
    const folder = join(await temporaryFolder(t), "run");
    await a.get("hook_logits");
    await saveRun(a, folder, { sites: "**" });
    const loaded = await loadRun(folder);
    const same = await compare(a, loaded);
    assert.equal(same.parting, null);
    assert.ok(same.kl.every((nats) => nats === 0));
    loaded.dispose();
    const part = join(folder, "..", "part");
    await saveRun(await model.run([3, 1, 4]), part);
    const partly = await loadRun(part);
    assert.equal(partly.sites().find(({ name }) => name === "hook_embed")?.state, "unrecorded");
    assert.equal((await compare(partly, edited)).parting?.site, "ln_final.hook_normalized");
    partly.dispose();
  });

  it("are refused where they cannot be held together", async () => {
    const model = await opened("cpu", "llama3");
    const [a, b] = [await model.run([3, 1, 4]), await model.run([3, 1])];
    await assert.rejects(compare(a, b), {
      code: "ERR_SELECTION",
      message: /got 3 tokens of \d+ and 2 of/,
    });
    for (const tolerance of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      await assert.rejects(compare(a, a, { tolerance }), { code: "ERR_OPTION" });
    await assert.rejects(compare(a, a, { signal: AbortSignal.abort() }), { code: "ERR_ABORTED" });
  });
});
