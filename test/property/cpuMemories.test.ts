import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { openApart } from "../fixtures/manyMemories.ts";
import { FIXTURES } from "../golden/openModel.ts";
import { everythingComputed } from "./everythingComputed.ts";

describe("a model has the same bits with its matrices in one memory and in several", () => {
  for (const fixture of FIXTURES)
    test(fixture, async () => {
      const one = await openCpuBackend(2 ** 32, { threads: 1, reason: null });
      const wanted = await everythingComputed(fixture, one);
      let memories = 0;
      const several = await openApart(2, "exact", 2 ** 15);
      const dispose = several.dispose.bind(several);
      several.dispose = () => {
        ({ memories } = several);
        dispose();
      };
      assert.deepEqual(await everythingComputed(fixture, several), wanted);
      assert.ok(memories >= 3, `${memories} memories`);
    });
});
