import assert from "node:assert/strict";
import { test } from "node:test";
import { roofline } from "../../engine/machine/roofline.ts";
import type { CostRecord, DeviceRecord, OperatorTime } from "../../engine/trace/schema.ts";
import fc from "../fixtures/fastCheck.ts";
import { COSTS } from "../fixtures/runRecords.ts";

/** 125 bytes and 10 FLOPs a millisecond, of whole numbers 20. */
const DEVICE: DeviceRecord = {
  name: "a device on paper",
  source: "this test",
  date: "2026-01-01",
  bytesPerSecond: 125_000,
  flopsPerSecond: { f32: 10_000, i16: 20_000 },
  memoryBytes: null,
  usdPerHour: null,
};

const time = (
  phase: OperatorTime["phase"],
  costClass: OperatorTime["costClass"],
  timeNs: number,
): OperatorTime => ({ phase, costClass, timeNs, kind: "matmul", layer: null, name: "x", calls: 1 });

test("each part has the bound that applies and its least time, as computed by hand", () => {
  const made = roofline(COSTS, DEVICE);
  assert.equal(made.ridge, 10_000 / 125_000);
  assert.deepEqual(
    made.phases.map(({ phase, nTokens }) => [phase, nTokens]),
    [
      ["prefill", 2],
      ["decode", 1],
    ],
  );
  const [prefill, decode] = made.phases;
  // Two tokens: 10 + 12 FLOPs, 2 x (100 + 20 + 5) bytes. 22 / 10 = 2.2 ms of arithmetic, 250 / 125 = 2 ms of traffic, 8 ms measured.
  assert.deepEqual(prefill?.whole, {
    ...{ flops: 22, bytes: 250, intensity: 22 / 250, bound: "compute", leastMs: 2.2 },
    ...{ measuredMs: 8, share: 2.2 / 8, aboveLimit: null },
  });
  assert.equal(prefill?.mostTokensPerSecond, 2000 / 2.2);
  // Experts: 6 + 8 FLOPs, 2 x 85 bytes; the head: 2 x 4 FLOPs, 2 x 40 bytes. Nobody timed them.
  assert.deepEqual(
    prefill?.classes.map(({ costClass, flops, bytes, bound, leastMs, measuredMs, share }) => [
      ...[costClass, flops, bytes, bound, leastMs, measuredMs, share],
    ]),
    [
      ["routedExperts", 14, 170, "compute", 1.4, null, null],
      ["head", 8, 80, "compute", 0.8, null, null],
    ],
  );
  // One token: 14 FLOPs in 1.4 ms, 125 bytes in 1 ms, 9 ms measured.
  assert.deepEqual(
    [decode?.whole.bound, decode?.whole.leastMs, decode?.whole.share],
    ["compute", 1.4, 1.4 / 9],
  );
  // Whole numbers are twice as fast, and memory is what limits then.
  const [fast] = roofline(COSTS, DEVICE, { dtype: "i16" }).phases;
  assert.deepEqual([fast?.whole.bound, fast?.whole.leastMs], ["memory", 2]);
  assert.equal(fast?.mostTokensPerSecond, 1000);
});

test("times of operators give each part its share, and a share above 1 is said with its reason, not cut off", () => {
  const profile = [
    time("prefill", "routedExperts", 2e6),
    time("prefill", "routedExperts", 0.8e6),
    time("prefill", "head", 0.4e6),
    time("prefill", "residual", 0.1e6),
    time("decode", "routedExperts", 0.5e6),
  ];
  const bytes = { ...DEVICE, flopsPerSecond: { f32: 1e6 } };
  const [prefill, decode] = roofline(COSTS, DEVICE, { profile }).phases;
  const shares = (phase = prefill) =>
    phase?.classes.map(({ costClass, measuredMs, share, aboveLimit }) => [
      ...[costClass, measuredMs, share, aboveLimit],
    ]);
  // 1.4 ms of arithmetic in 2.8; 0.8 in 0.4 is more than the device can do, so the record is not this device's.
  assert.deepEqual(shares(), [
    ["routedExperts", 2.8, 0.5, null],
    ["head", 0.4, 2, "device"],
  ]);
  assert.deepEqual(shares(decode), [
    ["routedExperts", 0.5, 2, "device"],
    ["head", null, null, null],
  ]);
  // 85 bytes in 0.5 ms where 125 take 1: what a step reads is so little that it may lie in a cache.
  const [, quick] = roofline(COSTS, bytes, { profile }).phases;
  assert.deepEqual(shares(quick)?.[0], ["routedExperts", 0.5, 1.36, "caches"]);
  // No cache holds 3 GB.
  const large = { ...COSTS, nextDecode: { ...COSTS.nextDecode, weightBytes: 3e9 } };
  const [, beyond] = roofline(large, bytes, { profile }).phases;
  assert.equal(beyond?.classes[0]?.aboveLimit, "device");
});

test("a part that counts nothing has no bound, and one without bytes no intensity", () => {
  const costs: CostRecord = {
    ...COSTS,
    classes: [
      ...COSTS.classes,
      {
        ...{ costClass: "residual", parameters: 0, activeParameters: 0 },
        ...{ flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0 },
      },
    ],
    byClass: Float64Array.from(
      [10, 12, 14].flatMap((flops) => [flops, 0, 0, 0, 0, 100, 20, 5, 0, 0, 0, 0]),
    ),
  };
  const profile = [time("prefill", "residual", 1e6)];
  const [prefill, decode] = roofline(costs, DEVICE, { profile }).phases;
  assert.deepEqual(prefill?.classes[0]?.intensity, null);
  assert.deepEqual(prefill?.classes[1]?.intensity, 0);
  const residual = prefill?.classes[2];
  assert.deepEqual(residual, {
    ...{ costClass: "residual", flops: 0, bytes: 0, intensity: null, bound: null, leastMs: 0 },
    ...{ measuredMs: 1, share: null, aboveLimit: null },
  });
  assert.equal(decode?.classes.length, 2);
});

test("tokens of a prefix that another run paid for are left out of what is predicted", () => {
  const tokens = COSTS.tokens.map((token, i) =>
    i === 0
      ? { ...token, flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0, durationMs: 0 }
      : token,
  );
  const byClass = COSTS.byClass.slice().fill(0, 0, 8);
  const shared = { ...COSTS, tokens, byClass, sharedPrefixTokens: 1 };
  const [prefill] = roofline(shared, DEVICE).phases;
  assert.deepEqual([prefill?.nTokens, prefill?.whole.flops], [1, 12]);
  // What the draft module took over them counts all the same.
  byClass[0] = 3;
  const [drafted] = roofline(shared, DEVICE).phases;
  assert.deepEqual([drafted?.nTokens, drafted?.whole.flops], [1, 15]);
  const [none] = roofline({ ...shared, sharedPrefixTokens: 3 }, DEVICE).phases;
  assert.deepEqual([none?.nTokens, none?.mostTokensPerSecond], [0, null]);
});

test("steps that nobody timed have no share", () => {
  const untimed = COSTS.tokens.map((token) => ({ ...token, durationMs: null }));
  const [prefill] = roofline({ ...COSTS, tokens: untimed }, DEVICE).phases;
  assert.deepEqual([prefill?.whole.measuredMs, prefill?.whole.share], [null, null]);
});

test("no prediction exceeds what the device can move or calculate", () => {
  const speed = fc.double({ min: 1e3, max: 1e16, noNaN: true });
  const amount = fc.double({ min: 0, max: 1e15, noNaN: true });
  const row = fc.array(amount, { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(speed, speed, fc.array(row, { minLength: 1, maxLength: 5 }), (bytes, f32, rows) => {
      const tokens = rows.map((_, index) => ({
        ...{ index, phase: "decode" as const, durationMs: null },
        ...{ flops: 0, weightBytes: 0, kvReadBytes: 0, kvWriteBytes: 0 },
      }));
      const cost = { ...COSTS, tokens, byClass: Float64Array.from(rows.flat()) };
      const device = { ...DEVICE, bytesPerSecond: bytes, flopsPerSecond: { f32 } };
      const [phase] = roofline(cost, device).phases;
      assert.ok(phase);
      const { whole, classes, mostTokensPerSecond } = phase;
      if (mostTokensPerSecond === null) assert.equal(whole.flops + whole.bytes, 0);
      else {
        const seconds = rows.length / mostTokensPerSecond;
        const slack = 1 + 1e-12;
        assert.ok(whole.bytes / seconds <= bytes * slack, "more bytes than memory gives");
        assert.ok(whole.flops / seconds <= f32 * slack, "more FLOPs than there are");
        const apart = classes.reduce((sum, { leastMs }) => sum + leastMs, 0);
        assert.ok(apart >= whole.leastMs / slack, "parts one by one are faster than the whole");
      }
    }),
  );
});

test("what is no device, and a dtype that it has no speed of, are refused by name", () => {
  const wrong: [object | null, RegExp][] = [
    [null, /expected an object, got null/],
    [{ ...DEVICE, name: 7 }, /expected name to be a string, got 7/],
    [{ ...DEVICE, bytesPerSecond: 0 }, /expected bytesPerSecond to be a number above 0, got 0/],
    [{ ...DEVICE, bytesPerSecond: Number.NaN }, /bytesPerSecond .* got NaN/],
    [{ ...DEVICE, flopsPerSecond: 5 }, /expected flopsPerSecond to be numbers by dtype, got 5/],
    [{ ...DEVICE, flopsPerSecond: { bf16: 5 } }, /expected flopsPerSecond\.f32 to be a number/],
    [{ ...DEVICE, flopsPerSecond: { f32: 5, i16: Infinity } }, /flopsPerSecond\.i16 .* Infinity/],
  ];
  for (const [device, message] of wrong)
    assert.throws(() => roofline(COSTS, device as DeviceRecord), { code: "ERR_OPTION", message });
  assert.throws(() => roofline(COSTS, DEVICE, { dtype: "fp8" }), {
    code: "ERR_OPTION",
    message:
      /^roofline dtype: expected one that a device on paper has a speed of \(f32, i16\), got "fp8"/,
  });
});
