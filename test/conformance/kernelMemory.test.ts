import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KernelClient } from "../../bench/kernelClient.ts";
import { kernelSpec } from "../../kernel/install/kernelspec.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { testWhere } from "../fixtures/testWhere.ts";

/** Of the process, in 900 cells that keep nothing. It was 40 MB when no syntax tree was ever forgotten. */
const MOST_GROWTH_BYTES = 25e6;

// Only Linux tells the memory of a process.
testWhere(process.platform === "linux")("memory is flat over 1,000 cells", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "vitrine-memory-"));
  const { argv, env } = kernelSpec(inRepository("dist", "kernel.js"));
  const { kernel } = await KernelClient.start(argv, folder, env);
  let count = 0;
  /** Runs cells up to that many. @returns the smallest memory of the process after one of the last hundred */
  const run = async (until: number): Promise<number> => {
    let least = Number.POSITIVE_INFINITY;
    while (count < until) {
      await kernel.run(`let x${count % 50} = ${count}; x${count % 50}`);
      if (++count > until - 100) least = Math.min(least, kernel.rssBytes());
    }
    return least;
  };
  try {
    const before = await run(200);
    const growth = (await run(1100)) - before;
    t.diagnostic(`${(growth / 1e6).toFixed(1)} MB more after 1,100 cells than after 200`);
    assert.equal(kernel.lostIdles, 0);
    assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes more`);
  } finally {
    await kernel.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
