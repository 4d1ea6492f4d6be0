import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ggufFixtures } from "../../scripts/accuracy/ggufFixtures.ts";
import { goldenFixtures } from "../../scripts/accuracy/goldenFixtures.ts";
import { BACKENDS } from "../../scripts/accuracy/measureFixture.ts";

const page = readFileSync(new URL("../../docs/accuracy.md", import.meta.url), "utf8");
const fixtures = new URL("../fixtures/", import.meta.url);

test("every random model with an input has transformers' values beside it", () => {
  const models = readdirSync(fixtures, { recursive: true, encoding: "utf8" })
    .filter((path) => /^[^/]+\/[^/]+\/ids\.npy$/.test(path))
    .map((path) => path.slice(0, -"/ids.npy".length))
    .filter((name) => existsSync(new URL(`${name}/config.json`, fixtures)));
  assert.ok(models.length >= 21);
  const described = new Set(goldenFixtures().map(({ name }) => name));
  for (const name of models) assert.ok(described.has(name), `${name} has no golden.safetensors`);
});

test("docs/accuracy.md has a row for every fixture on every backend, with its architecture and format", async () => {
  const gguf = await ggufFixtures();
  assert.ok(gguf.length >= 18);
  for (const { name, architecture, format } of [...goldenFixtures(), ...gguf]) {
    const lines = page.split("\n");
    const at = lines.findIndex((line) => line.includes(`\`${name}\``) && line.startsWith("|"));
    assert.ok(at >= 0, `${name} is missing: run npx tsx scripts/accuracyTable.ts`);
    const cells = lines
      .slice(at, at + BACKENDS.length)
      .map((line) => line.split("|").map((cell) => cell.trim()));
    assert.deepEqual(cells[0]?.slice(1, 3), [architecture, format]);
    assert.deepEqual(
      cells.map((row) => row[4]),
      [...BACKENDS],
    );
    const measured = name.startsWith("gguf/") ? 1 : 3; // logits alone, or patterns and residuals too
    for (const row of cells)
      for (const number of row.slice(5, 5 + measured)) assert.match(number, /^(0|\d\.\de[+-]\d+)$/);
  }
});
