import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Model } from "../../engine/model.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { assertClose } from "./compare.ts";
import { fixtureFolder } from "./openModel.ts";

const IDS = Array.from({ length: 40 }, (_, i) => (i * 37 + 5) % 97);

/** Small numbers that are the same in every process. */
function arbitrary(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state / 0x7fffffff - 0.5) * 0.3;
  });
}

/** The random DeepSeek-V3.2 with a draft module: its last layer once more, its last norm thrice, and a projection. */
function withDrafts(checkpoint: Checkpoint): Checkpoint {
  const { num_hidden_layers: nLayers, hidden_size: dModel } = checkpoint.config as Record<
    string,
    number
  >;
  assert.ok(nLayers && dModel);
  const draft = `model.layers.${nLayers}.`;
  const sources = new Map<string, string>();
  for (const name of checkpoint.tensors.keys()) {
    const last = `model.layers.${nLayers - 1}.`;
    if (name.startsWith(last)) sources.set(draft + name.slice(last.length), name);
  }
  for (const norm of ["enorm", "hnorm", "shared_head.norm"])
    sources.set(`${draft}${norm}.weight`, "model.norm.weight");
  const tensors = new Map(checkpoint.tensors);
  const entryOf = (name: string) => {
    const entry = checkpoint.tensors.get(name);
    assert.ok(entry, name);
    return entry;
  };
  for (const [name, source] of sources) tensors.set(name, entryOf(source));
  const projection = `${draft}eh_proj.weight`;
  const shape = [dModel, 2 * dModel];
  const byteLength = 8 * dModel * dModel;
  tensors.set(projection, { ...entryOf("model.norm.weight"), dtype: "F32", shape, byteLength });
  const readTensor = async (name: string): Promise<Uint8Array<ArrayBuffer>> =>
    name === projection
      ? new Uint8Array(arbitrary(2 * dModel * dModel).buffer as ArrayBuffer)
      : checkpoint.readTensor(sources.get(name) ?? name);
  return {
    ...checkpoint,
    name: "deepseek_v32 with drafts",
    config: { ...checkpoint.config, num_nextn_predict_layers: 1 },
    tensors,
    readTensor,
    readRange: async (name, start, length) => (await readTensor(name)).slice(start, start + length),
    readInto: async (name, start, target) =>
      target.set((await readTensor(name)).subarray(start, start + target.length)),
    close: () => checkpoint.close(),
  };
}

async function open(backendName: BackendName): Promise<Model> {
  const stored = await openCheckpoint(fixtureFolder("deepseek_v32"));
  try {
    const { backend } = await openBackend(backendName);
    return await createModel(withDrafts(stored), { tokenizer: null, backend });
  } finally {
    await stored.close();
  }
}

describe("sparse attention and multi-token prediction together", () => {
  for (const backendName of ["cpu", "webgpu"] as const) {
    it(`${backendName}: drafts choose the same keys as in float64, whatever the chunks`, async () => {
      const [oracle, model] = [await open("reference"), await open(backendName)];
      const wanted = await oracle.run(IDS, { capture: "mtp.**" });
      const run = await model.run(IDS, { capture: "mtp.**", chunkSize: 7 });
      const [keys, chosen] = [
        await run.get("mtp.0.attn.hook_topk_indices"),
        await wanted.get("mtp.0.attn.hook_topk_indices"),
      ];
      assert.deepEqual([...keys.data], [...chosen.data]);
      for (const site of ["mtp.0.hook_draft_logits", "mtp.0.attn.hook_pattern"])
        assertClose((await run.get(site)).data, (await wanted.get(site)).data, 1e-5, site);
      oracle.dispose();
      model.dispose();
    });

    it(`${backendName}: greedy tokens with drafts are those without`, async () => {
      const model = await open(backendName);
      for (const draftTokens of [1, 3])
        for (const prompt of [[5, 7, 9], IDS]) {
          const tokens: number[][] = [];
          for (const speculate of ["off", "mtp"] as const) {
            const options = { temperature: 0, maxTokens: 12, ignoreEos: true, draftTokens };
            const ids: number[] = [];
            for await (const token of model.generate(prompt, { ...options, speculate }))
              ids.push(token.id);
            tokens.push(ids);
          }
          assert.equal(tokens[0]?.length, 12);
          assert.deepEqual(tokens[1], tokens[0]);
        }
      model.dispose();
    });
  }
});
