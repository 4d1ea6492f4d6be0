import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../engine/index.node.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";

const folder = fileURLToPath(new URL("../fixtures/gguf/", import.meta.url));
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".gguf"))
  .map((name) => name.replace(".gguf", ""));

/** Dtypes that matrices have on cpu and webgpu, where they are not f32. */
const PACKED: Readonly<Record<string, readonly [cpu: string, webgpu: string]>> = {
  llama_f16: ["f32", "f16"],
  llama_bf16: ["bf16", "bf16"],
  llama_q8_0: ["q8_0", "q8_0"],
  llama_q4_0: ["q4_0", "q4_0"],
  llama_mxfp4: ["mxfp4", "mxfp4"],
  mixtral: ["q4_0", "q4_0"],
  gpt_oss: ["mxfp4", "mxfp4"],
  deepseek_v3: ["q8_0", "q8_0"],
};

describe("GGUF files", () => {
  for (const name of names)
    for (const backend of ["reference", "cpu", "webgpu"] as const)
      it(`give transformers' logits: ${name} on ${backend}`, async () => {
        const model = await loadModel(`${folder}${name}.gguf`, { backend });
        const { ids, sites } = await readGolden(`${folder}${name}.golden.safetensors`);
        const data = sites.get("hook_logits")?.data ?? new Float32Array();
        const run = await model.run(ids);
        const logits = run.logits.data;
        let worst = 0;
        for (const [i, logit] of data.entries())
          worst = Math.max(worst, Math.abs(logit - (logits[i] ?? Number.NaN)));
        assert.ok(data.length > 0 && logits.length === data.length);
        assert.ok(worst < 1e-4, `${worst}`);
        const packed = PACKED[name]?.[backend === "cpu" ? 0 : 1];
        if (packed !== undefined && backend !== "reference")
          assert.match(model.plan.explain(), new RegExp(`\\b${packed}\\b`), "kept packed");
        run.dispose();
        model.dispose();
      });
});
