import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { goldenFixtures } from "../../scripts/accuracy/goldenFixtures.ts";
import { assertGolden, firstDivergingSite } from "./compare.ts";
import { openModel } from "./openModel.ts";

/** What every backend must show inside every model that transformers' values were written down of. */
export function siteSuite(backendName: BackendName): void {
  describe(`${backendName}: what transformers computes inside`, () => {
    const fixtures = goldenFixtures();
    assert.ok(fixtures.length >= 26, `${fixtures.length} models`);
    for (const { name, folder, modelFolder, format } of fixtures)
      it(`${name}: logits, residual streams, patterns, experts and selected keys; float64 at every site`, async () => {
        const golden = await readGolden(folder);
        const { model, backend } = await openModel(backendName, modelFolder);
        assert.equal(backend.info.name, backendName);
        const run = await model.run(golden.ids, { capture: "**" });
        const oracle = await openModel("reference", modelFolder);
        const inFloat64 = await oracle.model.run(golden.ids, { capture: "**" });
        await assertGolden(run, golden, format, async () => inFloat64);
        if (backendName !== "reference")
          assert.equal(await firstDivergingSite(run, inFloat64), null);
        oracle.model.dispose();
        model.dispose();
      });
  });
}
