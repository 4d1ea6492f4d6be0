import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import type { OperatorCase } from "./cases/operatorCase.ts";
import { operatorCases } from "./operatorCases.ts";
import { CaseOnBackend } from "./runCase.ts";

const THREADS = [1, 2, 8];

/** Outputs of a case as bytes, twice, so that what a thread left in its scratch is there; and of two parts of one execution. */
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

describe("every operator of the cpu backend has the same bits on 1, 2 and 8 threads", () => {
  let backends: CpuBackend[] = [];
  before(async () => {
    backends = await Promise.all(THREADS.map((threads) => openSplitBackend(threads)));
  });
  after(() => {
    for (const backend of backends) backend.dispose();
  });

  for (const operatorCase of operatorCases)
    test(`${operatorCase.kind}: ${operatorCase.name}`, async () => {
      const [one, ...others] = backends as [CpuBackend, ...CpuBackend[]];
      const wanted = await bytesOf(one, operatorCase);
      for (const other of others) assert.deepEqual(await bytesOf(other, operatorCase), wanted);
    });

  test("also where workers did parts of them, as often as it takes until they have", async () => {
    const [one, ...others] = backends as [CpuBackend, ...CpuBackend[]];
    for (const other of others)
      for (let i = 0; other.sharedParts <= operatorCases.length; i++) {
        const operatorCase = operatorCases[i % operatorCases.length] as OperatorCase;
        assert.deepEqual(await bytesOf(other, operatorCase), await bytesOf(one, operatorCase));
      }
    assert.equal(one.sharedParts, 0);
  });
});
