import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { goldenFixtures } from "../../scripts/accuracy/goldenFixtures.ts";
import { assertGolden, firstDivergingSite } from "./compare.ts";
import { inFloat64 } from "./inFloat64.ts";
import { openModel } from "./openModel.ts";

/** What every backend shows inside every model that transformers' values were written down of. */
describe("what transformers computes inside", () => {
  const fixtures = goldenFixtures();
  assert.ok(fixtures.length >= 26, `${fixtures.length} models`);
  for (const { name, folder, modelFolder, format } of fixtures)
    describe(name, () => {
      const oracle = inFloat64(async () => (await openModel("reference", modelFolder)).model);
      it("logits, residual streams, patterns, experts and selected keys on reference", async () => {
        const golden = await readGolden(folder);
        const run = await oracle(golden.ids);
        await assertGolden(run, golden, format, async () => run);
      });

      for (const backendName of ["cpu", "webgpu"] as const)
        it(`logits, residual streams, patterns, experts and selected keys on ${backendName}; float64 at every site`, async () => {
          const golden = await readGolden(folder);
          const { model, backend } = await openModel(backendName, modelFolder);
          assert.equal(backend.info.name, backendName);
          const run = await model.run(golden.ids, { capture: "**" });
          await assertGolden(run, golden, format, () => oracle(golden.ids));
          assert.equal(await firstDivergingSite(run, await oracle(golden.ids)), null);
          model.dispose();
        });
    });
});
