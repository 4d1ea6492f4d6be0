import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { logitDifference } from "../../engine/index.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { gradientOf, largest, open } from "./gradientModels.ts";
import { FIXTURES, fixtureFolder } from "./openModel.ts";

describe("gradients of every architecture against torch", () => {
  for (const backend of ["reference", "cpu"] as const)
    for (const fixture of FIXTURES)
      it(`${fixture} on ${backend}`, async () => {
        const { ids, sites } = await readGolden(
          `${fixtureFolder(fixture)}gradients.golden.safetensors`,
        );
        const model = await open(fixture, backend);
        const [a = 0, b = 0] = sites.get("tokens")?.data ?? [];
        const names = [...sites.keys()].filter((name) => name.includes("hook_"));
        assert.equal(names.length, model.spec.nLayers + 1);
        const run = await model.run([...ids]);
        const found = await model.backward(run, { of: logitDifference(a, b), at: names });
        assert.ok(Math.abs(found.metric - (sites.get("metric")?.data[0] ?? Number.NaN)) < 1e-4);
        for (const name of names) {
          const wanted = sites.get(name)?.data ?? [];
          const { data } = gradientOf(found, name);
          const error = maxDifference(data, wanted) / largest(wanted);
          assert.ok(error < 1e-4, `${name}: ${error} of the largest`);
        }
        run.dispose();
      });
});
