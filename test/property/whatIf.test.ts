import assert from "node:assert/strict";
import { test } from "node:test";
import { whatIf } from "../../engine/index.ts";
import { DEVICES } from "../../engine/machine/devices.ts";
import type { WhatIfWork } from "../../engine/trace/schema.ts";
import { SHIPPED_CONFIGS } from "../../engine/whatif/shippedConfigs.ts";
import { WEIGHT_DTYPES, type WeightStorageName } from "../../engine/whatif/weightStorage.ts";
import fc from "../fixtures/fastCheck.ts";

const asked = fc.record({
  config: fc.constantFrom(...Object.keys(SHIPPED_CONFIGS)),
  device: fc.constantFrom(...Object.keys(DEVICES)),
  devices: fc.integer({ min: 1, max: 64 }),
  batch: fc.integer({ min: 1, max: 512 }),
  weights: fc.constantFrom(...(Object.keys(WEIGHT_DTYPES) as WeightStorageName[])),
  cache: fc.constantFrom("bf16" as const, "f32" as const, "fp8" as const),
});
const tokens = fc.record({
  promptTokens: fc.integer({ min: 0, max: 700 }),
  generatedTokens: fc.integer({ min: 1, max: 300 }),
});

test("no prediction is above what the devices can do", () => {
  fc.assert(
    fc.property(asked, tokens, (options, of) => {
      const record = whatIf(of, options);
      const { bytesPerSecond, flopsPerSecond } = DEVICES[
        options.device
      ] as (typeof DEVICES)[string];
      const most = Math.max(...Object.values(flopsPerSecond)) * options.devices;
      const holds = (work: WhatIfWork) => {
        const seconds = (work.seconds ?? Number.NaN) * (1 + 1e-9);
        const bytes = work.weightBytes + work.kvReadBytes + work.kvWriteBytes;
        assert.ok(bytes <= seconds * bytesPerSecond * options.devices);
        assert.ok(work.flops <= seconds * most);
        for (const quantity of ["flops", "weightBytes", "kvReadBytes", "kvWriteBytes"] as const) {
          const sum = work.classes.reduce((total, one) => total + one[quantity], 0);
          assert.ok(Math.abs(sum - work[quantity]) <= 1e-9 * sum, quantity);
        }
      };
      for (const work of [record.decode, record.whole]) holds(work);
      if (record.prefill !== null) holds(record.prefill);
      const rate = record.tokensPerSecond ?? Number.NaN;
      const { weightBytes, kvReadBytes } = record.decode;
      const mostTokens =
        (options.batch * bytesPerSecond * options.devices) / (weightBytes + kvReadBytes);
      assert.ok(rate <= mostTokens * (1 + 1e-9));
      const { memory } = record;
      assert.equal(memory.fits, memory.totalBytes <= (memory.availableBytes ?? 0));
      assert.equal(memory.fits, (memory.devicesNeeded ?? 0) <= options.devices);
    }),
    { numRuns: 40 },
  );
});

test("more devices are never slower, and a longer context never cheaper", () => {
  fc.assert(
    fc.property(asked, fc.integer({ min: 1, max: 900 }), (options, context) => {
      const of = { promptTokens: 1, generatedTokens: 0 };
      const step = (more: object) => whatIf(of, { ...options, context, ...more }).decode;
      const own = step({});
      const twice = step({ devices: 2 * options.devices });
      assert.ok((twice.seconds ?? 0) < (own.seconds ?? 0));
      const longer = step({ context: context + 100 });
      assert.ok(longer.flops >= own.flops && longer.kvReadBytes >= own.kvReadBytes);
    }),
    { numRuns: 20 },
  );
});
