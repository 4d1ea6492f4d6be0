import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { describeMeasured } from "../../cli/measureMachine.ts";
import type { MeasuredDevice } from "../../engine/machine/measureDevice.ts";
import {
  measurementsFile,
  processorName,
  readMeasured,
  writeMeasured,
} from "../../engine/machine/measurements.node.ts";

const MEASURED: MeasuredDevice = {
  name: "a device on paper",
  source: "vitrine doctor --measure",
  date: "2026-01-02",
  bytesPerSecond: 33.14e9,
  flopsPerSecond: { f32: 91.2e9, i16: 175.4e9 },
  memoryBytes: null,
  usdPerHour: null,
  limits: [
    { name: "read", unit: "bytes", best: 33.14e9, median: 30e9 },
    { name: "multiply and add", unit: "f32", best: 91.2e9, median: 91e9 },
  ],
};

const cacheHome = process.env.XDG_CACHE_HOME;
beforeEach(() => {
  process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), "vitrine-measured-"));
});
afterEach(() => {
  rmSync(process.env.XDG_CACHE_HOME ?? "", { recursive: true, force: true });
  if (cacheHome === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = cacheHome;
});

test("what was measured is kept by device, beside what is there", async () => {
  assert.equal(await readMeasured("cpu: a"), null);
  await writeMeasured("cpu: a", MEASURED);
  await writeMeasured("webgpu: b", { ...MEASURED, name: "another" });
  assert.deepEqual(await readMeasured("cpu: a"), MEASURED);
  assert.equal((await readMeasured("webgpu: b"))?.name, "another");
  assert.equal(await readMeasured("cpu: c"), null);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(measurementsFile(), "utf8"))), [
    "cpu: a",
    "webgpu: b",
  ]);
});

test("a file that cannot be read is refused by its name", async () => {
  const { limits: _, ...without } = MEASURED;
  const given = [
    "{",
    "[]",
    JSON.stringify({ a: { ...MEASURED, bytesPerSecond: -1 } }),
    JSON.stringify({ a: without }),
    JSON.stringify({ a: 5 }),
  ];
  for (const text of given) {
    mkdirSync(dirname(measurementsFile()), { recursive: true });
    writeFileSync(measurementsFile(), text);
    const message = /devices\.json: expected .*, got .*Delete the file; vitrine doctor --measure/s;
    await assert.rejects(readMeasured("a"), { code: "ERR_MEASUREMENTS", message }, text);
  }
});

test("a processor is named with its threads", () => {
  const info = (...features: string[]) => ({ features }) as never;
  assert.match(processorName(info("simd128", "threads: 2")), /\S, 2 threads$/);
  assert.match(processorName(info("threads: 1 (the page is not isolated)")), /, 1 thread$/);
});

test("a line says what was measured, and that the machine was busy where it was", () => {
  assert.equal(
    describeMeasured(MEASURED),
    "33.1 GB/s, 91.2 GFLOP/s f32, 175 GFLOP/s i16, 2026-01-02",
  );
  const limits = [{ name: "read", unit: "bytes" as const, best: 100, median: 45 }];
  assert.match(
    describeMeasured({ ...MEASURED, limits }),
    /less than 45 % of that: the machine was/,
  );
  assert.equal(describeMeasured("no adapter"), "no adapter");
});
