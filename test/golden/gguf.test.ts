import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { loadModel } from "../../engine/index.node.ts";
import { readNpy } from "../fixtures/readNpy.ts";

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
};

describe("GGUF files", () => {
  for (const name of names)
    for (const backend of ["reference", "cpu", "webgpu"] as const)
      it(`give transformers' logits: ${name} on ${backend}`, async () => {
        const model = await loadModel(`${folder}${name}.gguf`, { backend });
        const { data, shape } = readNpy(`${folder}${name}.npy`);
        const [nTokens = 0, nVocab = 0] = shape;
        const ids = Array.from({ length: nTokens }, (_, i) => (7 * i + 3) % nVocab);
        const run = await model.run(ids);
        const logits = run.logits.data;
        let worst = 0;
        for (const [i, logit] of data.entries())
          worst = Math.max(worst, Math.abs(logit - (logits[i] ?? Number.NaN)));
        assert.equal(logits.length, data.length);
        assert.ok(worst < 1e-4, `${worst}`);
        const packed = PACKED[name]?.[backend === "cpu" ? 0 : 1];
        if (packed !== undefined && backend !== "reference")
          assert.match(model.plan.explain(), new RegExp(`\\b${packed}\\b`), "kept packed");
        run.dispose();
        model.dispose();
      });
});
