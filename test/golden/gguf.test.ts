import assert from "node:assert/strict";
import { basename } from "node:path";
import { describe, it } from "node:test";
import { loadModel } from "../../engine/index.node.ts";
import { ggufFixtures } from "../../scripts/accuracy/ggufFixtures.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { assertGolden, firstDivergingSite } from "./compare.ts";
import { inFloat64 } from "./inFloat64.ts";

/** Dtypes that matrices have on cpu and webgpu, where they are not f32. */
const PACKED: Readonly<Record<string, readonly [cpu: string, webgpu: string]>> = {
  llama_f16: ["f32", "f16"],
  llama_bf16: ["bf16", "bf16"],
  llama_q8_0: ["q8_0", "q8_0"],
  llama_q4_0: ["q4_0", "q4_0"],
  llama_mxfp4: ["mxfp4", "mxfp4"],
  llama_q4_k_q6_k: ["q4_k", "q4_k"],
  llama_q2_k_q3_k_q5_k_iq4_xs: ["q5_k", "q5_k"],
  mixtral: ["q4_0", "q4_0"],
  gpt_oss: ["mxfp4", "mxfp4"],
  deepseek_v3: ["q8_0", "q8_0"],
};

describe("GGUF files", async () => {
  const fixtures = await ggufFixtures();
  assert.ok(fixtures.length >= 18, `${fixtures.length} files`);
  for (const { name, folder, modelFolder, format } of fixtures)
    describe(name, () => {
      const oracle = inFloat64(() => loadModel(modelFolder, { backend: "reference" }));
      it("gives transformers' logits on reference", async () => {
        const golden = await readGolden(folder);
        const run = await oracle(golden.ids);
        await assertGolden(run, golden, format, async () => run);
      });

      for (const backend of ["cpu", "webgpu"] as const)
        it(`gives transformers' logits, and float64's numbers at every site, on ${backend}`, async () => {
          const golden = await readGolden(folder);
          const model = await loadModel(modelFolder, { backend });
          assert.equal(model.backend.name, backend);
          const run = await model.run(golden.ids, { capture: "**" });
          await assertGolden(run, golden, format, () => oracle(golden.ids));
          assert.equal(await firstDivergingSite(run, await oracle(golden.ids)), null);
          const packed = PACKED[basename(name, ".gguf")]?.[backend === "cpu" ? 0 : 1];
          if (packed !== undefined)
            assert.match(model.plan.explain(), new RegExp(`\\b${packed}\\b`), "kept packed");
          model.dispose();
        });
    });
});
