import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { inRepository } from "../../scripts/build/repository.ts";
import { FUZZ_TARGETS } from "../../scripts/fuzz/fuzzTargets.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
import { testSeed } from "../fixtures/testSeed.ts";

/** A few seconds of what scripts/fuzz.ts does for as long as it is told to. */
const COUNTS = { zmq: 2000, websocket: 2000, http: 3000 } as const;

for (const [name, target] of Object.entries(FUZZ_TARGETS)) {
  const count = COUNTS[name as keyof typeof COUNTS];
  test(`${count} mutated inputs over ${name}: no crash, no hang, nothing run or given away`, async (t) => {
    const tally = await target({
      count,
      seed: testSeed,
      mostMemoryBytes: null,
      onProgress: () => undefined,
    });
    t.diagnostic(`TEST_SEED=${testSeed}: ${JSON.stringify(tally)}`);
    assert.ok(Object.keys(tally).length > 3, "several fates, or nothing was tried");
  });
}

test("the fuzzer explains itself, and refuses what it does not know", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [...TYPESCRIPT_FLAGS, inRepository("scripts/fuzz.ts"), ...args], {
      cwd: inRepository("."),
      encoding: "utf8",
    });
  const help = run("--help");
  assert.equal(help.status, 0);
  assert.match(help.stdout, /--count N.*--seed S.*--only T/s);
  assert.equal(run("--only", "pigeons").status, 2);
  assert.equal(run("--count", "many").status, 2);
  assert.equal(run("--no-such").status, 2);
});
