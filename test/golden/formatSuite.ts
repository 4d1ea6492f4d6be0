import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { BackendName } from "../../engine/backend/backend.ts";
import { loadModel } from "../../engine/index.node.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { assertClose, assertGolden } from "./compare.ts";
import { openDevice, openModel } from "./openModel.ts";

/** Fixtures by what they store weights as, and the dtypes that the matrices must have on cpu and webgpu. */
const FORMATS = {
  fp8_ragged: ["f8e4m3"],
  fp8_e8m0: ["f8e4m3"],
  gpt_oss_mxfp4: ["mxfp4"],
  llama_sharded_tied: ["bf16"],
  llama_sharded_untied: ["f16"],
  fp8_tensor: ["f8e4m3"],
  gptq_4bit: ["q4_0"],
  gptq_3bit: ["q8_0"],
  gptq_act_order: ["f32"],
  awq_4bit: ["q8_0"],
  compressed_int4: ["f8e4m3"],
  compressed_int8: ["q8_0"],
  compressed_fp8: ["f8e4m3"],
} as const;

/** What every backend must compute from every weight format: what transformers computes from the dequantised weights. */
export function formatSuite(backendName: BackendName): void {
  for (const [fixture, dtypes] of Object.entries(FORMATS))
    describe(`${backendName}: ${fixture}`, () => {
      const folder = fileURLToPath(new URL(`../fixtures/formats/${fixture}/`, import.meta.url));
      it("computes what transformers does within its tolerances token by token", async () => {
        const golden = await readGolden(folder);
        const options = { chunkSize: 1, capture: "**" };
        const { model } = await openModel(backendName, folder);
        const run = await model.run(golden.ids, options);
        const format = fixture.startsWith("fp8") ? "FP8" : "";
        await assertGolden(run, golden, format, async () =>
          (await openModel("reference", folder)).model.run(golden.ids, options),
        );
        model.dispose();
      });

      it("keeps the weights as they are stored", async () => {
        const { backend, weights } = await openDevice(backendName, folder);
        const kept = new Set<string>([...weights.values()].map(({ dtype }) => dtype));
        for (const dtype of dtypes) {
          const held = { reference: "f64", cpu: dtype === "f16" ? "f32" : dtype, webgpu: dtype };
          assert.ok(kept.has(held[backendName]), `${[...kept]} on ${backendName}`);
        }
        backend.dispose();
      });
    });
}

interface GoldenPrompt {
  readonly prompt: string;
  readonly ids: number[];
  readonly last_logits: number[];
  readonly argmax_per_position: number[];
}

const FP8_MODELS = { "tiny-fp8": "golden-fp8.json", "tiny-stories": "golden-stories.json" };

/** The bundled models that are stored in FP8: what transformers computes from their weights, dequantised by another implementation. */
export function bundledFp8Suite(backendName: BackendName): void {
  for (const [name, values] of Object.entries(FP8_MODELS)) bundledFp8(backendName, name, values);
}

function bundledFp8(backendName: BackendName, name: string, values: string): void {
  describe(`${backendName}: ${name}`, () => {
    const file = new URL(`../fixtures/tiny/${values}`, import.meta.url);
    const golden = JSON.parse(readFileSync(file, "utf8")) as GoldenPrompt[];

    it("computes transformers' logits from its name alone, and keeps all but the transposed matrices packed", async () => {
      const model = await loadModel(name, { backend: backendName });
      assert.equal(golden.length, 3);
      for (const prompt of golden) {
        const run = await model.run(prompt.prompt, { logits: "all" });
        assert.deepEqual(
          run.tokens.map(({ id }) => id),
          prompt.ids,
        );
        assertClose(run.logits.row(-1).data, prompt.last_logits, 5e-5, "last logits");
        for (const [t, best] of prompt.argmax_per_position.entries()) {
          const { data } = run.logits.row(t);
          assert.equal(data.indexOf(Math.max(...data)), best);
        }
        run.dispose();
      }
      const widened = model.plan.explain().match(/kv_b_key .{1,20} f(32|64), stored as F8_E4M3/g);
      assert.equal(widened?.length, 6); // one per layer
      assert.ok([...model.widenedWeights.keys()].every((name) => name.endsWith("kv_b_key")));
      model.dispose();
    });
  });
}
