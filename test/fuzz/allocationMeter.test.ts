import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { fixtureFolder } from "../golden/openModel.ts";
import { AllocationLimitError, meterAllocations } from "./allocationMeter.ts";
import { LIMIT_BYTES } from "./fuzz.ts";

const asked = async (run: () => unknown): Promise<number> =>
  (await meterAllocations(Number.POSITIVE_INFINITY, run)).askedBytes;

test("buffers count with their bytes, however they are made, and views of them with none", async () => {
  const made: ArrayBufferView[] = [];
  assert.equal(await asked(() => made.push(new Uint8Array(1000))), 1008);
  assert.equal(await asked(() => new Float64Array(10)), 80);
  assert.equal(await asked(() => new ArrayBuffer(77)), 77);
  assert.equal(await asked(() => new Uint16Array(new Uint8Array(6))), 12 + 6);
  const bytes = new Uint8Array(100);
  assert.equal(await asked(() => bytes.slice(0, 60)), 60);
  assert.equal(await asked(() => bytes.subarray(0, 60)), 0);
  assert.equal(await asked(() => new Uint8Array(bytes.buffer, 4, 8)), 0);
  assert.ok(bytes.slice(1) instanceof Uint8Array);
});

test("collections count with their elements, and strings that are made longer with their characters", async () => {
  assert.equal(await asked(() => Array.from({ length: 50 })), 400);
  assert.equal(await asked(() => new Array(50)), 400);
  assert.equal(await asked(() => [1, 2, 3].map((n) => n)), 24);
  assert.equal(await asked(() => new Map([["a", 1]])), 32);
  assert.equal(await asked(() => new Set().add(1)), 32);
  assert.equal(await asked(() => "ab".repeat(10)), 40);
});

test("the same code asks for the same, time and again", async () => {
  const config: unknown = JSON.parse(readFileSync(`${fixtureFolder("llama3")}config.json`, "utf8"));
  const counts = new Set<number>();
  for (let i = 0; i < 300; i++) counts.add(await asked(() => compilePlan(normalizeConfig(config))));
  assert.equal(counts.size, 1, [...counts].join());
});

test("a limit that is passed is an error, also where the code catches it", async () => {
  const limited = (run: () => unknown) => meterAllocations(1000, run);
  await assert.rejects(
    limited(() => new Uint8Array(1001)),
    AllocationLimitError,
  );
  await assert.rejects(
    limited(async () => {
      for (let i = 0; i < 3; i++) await Promise.resolve(new Uint8Array(400)).catch(() => null);
    }),
    AllocationLimitError,
  );
  await assert.rejects(
    limited(() => {
      const list: number[] = [];
      try {
        for (;;) list.push(1);
      } catch {
        return list;
      }
    }),
    AllocationLimitError,
  );
  const { error } = await limited(() => {
    throw new TypeError("its own");
  });
  assert.match(String(error), /its own/);
  assert.equal(new Uint8Array(5000).length, 5000, "outside of it nothing is limited");
});

test("the plan of thousands of layers, which a few kilobytes of config can ask for, is far beyond any file's limit", async () => {
  const config = JSON.parse(readFileSync(`${fixtureFolder("deepseek_v3")}config.json`, "utf8"));
  const plan = (nLayers: number) =>
    asked(() =>
      compilePlan(
        normalizeConfig({ ...config, num_hidden_layers: nLayers, mlp_layer_types: undefined }),
      ),
    );
  assert.ok((await plan(3)) < 40_000);
  assert.ok((await plan(5000)) > 4 * LIMIT_BYTES);
});
