import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { listFiles } from "../../scripts/build/hashInputs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
import fc from "../fixtures/fastCheck.ts";
import { readSeed, testSeed } from "../fixtures/testSeed.ts";

/** What makes a choice that no seed repeats. */
const UNSEEDED = /Math\.random|\brandomInt\b|\brandomBytes\b|getRandomValues|from "fast-check"/;
/** The two files that give the seed, and this one. */
const GIVERS = [
  "test/fixtures/testSeed.ts",
  "test/fixtures/fastCheck.ts",
  "test/unit/testSeed.test.ts",
];

test("nothing in the tests is random but by the seed", () => {
  const files = listFiles(["test"]).filter((path) => /\.m?[jt]s$/.test(path));
  assert.ok(files.length > 150, `${files.length} files were looked at`);
  const unseeded = files.filter((path) => UNSEEDED.test(readFileSync(inRepository(path), "utf8")));
  assert.deepEqual(unseeded.sort(), [...GIVERS].sort());
});

test("the seed is the same every time, unless one is given", () => {
  assert.equal(readSeed(undefined), readSeed(""));
  assert.equal(readSeed("7"), 7);
  const drawn = new Set(Array.from({ length: 20 }, () => readSeed("random")));
  assert.ok(drawn.size > 1);
  for (const wrong of ["-1", "1.5", "x", `${2 ** 31}`])
    assert.throws(() => readSeed(wrong), /^TypeError: TEST_SEED: expected a whole number/);
});

const FAILS = `
  import fc from "${new URL("../fixtures/fastCheck.ts", import.meta.url)}";
  const { seed, counterexamplePath, counterexample } = fc.check(fc.property(fc.string(), fc.nat(), (s, n) => n < 1e6));
  process.stdout.write(JSON.stringify({ seed, counterexamplePath, counterexample }));
`;

test("TEST_SEED reaches every property, and repeats its failure value by value", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [...TYPESCRIPT_FLAGS, "--input-type=module", "--eval", FAILS],
    { cwd: inRepository("."), encoding: "utf8", env: { ...process.env, TEST_SEED: "7" } },
  );
  assert.match(stderr, /^TEST_SEED=7 repeats/);
  const failing = (seed: number) => {
    const property = fc.property(fc.string(), fc.nat(), (_, n) => n < 1e6);
    const { counterexamplePath, counterexample } = fc.check(property, { seed });
    return { seed, counterexamplePath, counterexample };
  };
  assert.deepEqual(JSON.parse(stdout), failing(7));
  assert.ok(failing(7).counterexamplePath);
  assert.notEqual(failing(7).counterexamplePath, failing(8).counterexamplePath);
  assert.equal(fc.readConfigureGlobal().seed, testSeed);
});
