import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type CpuBackend, openCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { openApart } from "../fixtures/manyMemories.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { operatorCases } from "./operatorCases.ts";
import { CaseOnBackend } from "./runCase.ts";

/** Outputs of a case as bytes: twice alone, and of two parts of one execution. */
async function bytesOf(backend: CpuBackend, operatorCase: OperatorCase): Promise<string[]> {
  const running = new CaseOnBackend(backend, operatorCase);
  const beside = new CaseOnBackend(backend, operatorCase);
  try {
    const found: string[] = [];
    const parts = await CaseOnBackend.runTogether([running, beside]);
    for (const outputs of [await running.run(), await running.run(), ...parts])
      for (const [name, { buffer }] of outputs)
        found.push(`${name} ${Buffer.from(buffer).toString("hex")}`);
    return found;
  } finally {
    running.free();
    beside.free();
  }
}

for (const arithmetic of ["exact", "i16"] as const)
  describe(`every operator has the same bits with its matrices in other memories, ${arithmetic}`, () => {
    let [one, several]: CpuBackend[] = [];
    before(async () => {
      const alone = { threads: 1, reason: null };
      one = await openCpuBackend(2 ** 32, alone, { arithmetic });
      several = await openApart(2, arithmetic);
    });
    after(() => {
      one?.dispose();
      several?.dispose();
    });

    for (const operatorCase of operatorCases)
      test(`${operatorCase.kind}: ${operatorCase.name}`, async () => {
        assert.ok(one && several);
        const wanted = await bytesOf(one, operatorCase);
        assert.deepEqual(await bytesOf(several, operatorCase), wanted);
      });

    test("and they lay in others", () => {
      assert.ok(several);
      assert.ok(several.memory.tensors === 0 && several.memories > 2, String(several.memories));
      assert.equal(one?.memories, 1);
    });
  });
