import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import type { DeviceLimits, LimitKernel } from "../../engine/backend/limits.ts";
import type { Progress } from "../../engine/base/progress.ts";
import { measureDevice } from "../../engine/machine/measureDevice.ts";
import { roofline } from "../../engine/machine/roofline.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const QUICK = { rounds: 2, movedBytes: 2 ** 20 };

describe("a device that is measured", () => {
  for (const backendName of ["cpu", "webgpu"] as const)
    test(`has the best of its rounds in its record, and runs are held against it: ${backendName}`, async () => {
      const { model, backend } = await openModel(backendName, tinyFolder);
      const heard: Progress[] = [];
      const options = { ...QUICK, onProgress: (progress: Progress) => void heard.push(progress) };
      const device = await measureDevice(backend, options);
      assert.deepEqual(
        heard.map(({ stage, done, total }) => [stage, done, total]),
        [
          ["measure", 1, 2],
          ["measure", 2, 2],
        ],
      );
      const best = (unit: string) =>
        Math.max(0, ...device.limits.flatMap((limit) => (limit.unit === unit ? limit.best : [])));
      for (const limit of device.limits)
        assert.ok(limit.median > 0 && limit.best >= limit.median, limit.name);
      assert.equal(device.name, backend.info.device);
      assert.equal(device.bytesPerSecond, best("bytes"));
      assert.equal(device.flopsPerSecond.f32, Math.max(best("f32"), best("i16") / 2));
      assert.equal(device.flopsPerSecond.i16, backendName === "cpu" ? best("i16") : undefined);
      assert.match(device.date, /^\d{4}-\d\d-\d\d$/);
      assert.equal(device.source, "vitrine doctor --measure");
      const run = await model.run("The keys to the cabinet are on the table.", { profile: true });
      const made = run.roofline({ device });
      assert.deepEqual(made, roofline(run.cost(), device, { profile: run.profile() }));
      for (const { whole, classes } of made.phases)
        for (const { share, aboveLimit, measuredMs } of [whole, ...classes]) {
          assert.ok(measuredMs !== null && measuredMs > 0);
          assert.equal(aboveLimit !== null, share !== null && share > 1);
        }
      model.dispose();
    });

  test("takes all threads, and cannot be told what is no option", async () => {
    const { model, backend } = await openModel("cpu", tinyFolder);
    for (const wrong of [{ rounds: 0 }, { rounds: 1.5 }, { movedBytes: 10 }, { movedBytes: "1" }])
      await assert.rejects(measureDevice(backend, wrong as object), {
        code: "ERR_OPTION",
        message: /^measureDevice (rounds|movedBytes): expected a whole number from/,
      });
    model.dispose();
    await assert.rejects(measureDevice(backend, QUICK), { code: "ERR_DISPOSED" });
  });

  test("is left at an interrupt, with its memory given back", async () => {
    const { model, backend } = await openModel("cpu", tinyFolder);
    const controller = new AbortController();
    let done = 0;
    const measuring = measureDevice(backend, {
      ...{ rounds: 1000, movedBytes: 2 ** 20, signal: controller.signal },
      onProgress: (progress) => {
        done = progress.done;
        controller.abort();
      },
    });
    await assert.rejects(measuring, { code: "ERR_ABORTED" });
    assert.equal(done, 1);
    await assert.rejects(measureDevice(backend, { ...QUICK, signal: AbortSignal.abort() }), {
      code: "ERR_ABORTED",
    });
    model.dispose();
  });
});

/** A device of which every speed is known: so many units a nanosecond, round by round. */
function deviceOf(speeds: Readonly<Record<string, readonly number[]>>): {
  readonly backend: Backend;
  readonly closed: () => number;
} {
  let closed = 0;
  const kernels = Object.entries(speeds).map(([key, values]): LimitKernel => {
    const [unit = ""] = key.split(" ");
    let round = -1;
    return {
      ...{ name: key, unit: unit as LimitKernel["unit"] },
      measure: async (amount) => {
        const isCalibrated = amount > 1;
        if (isCalibrated) round += 1;
        const speed = values[Math.max(0, round)] ?? values.at(-1) ?? 1;
        return { amount: Math.max(amount, 1e9), ns: Math.max(amount, 1e9) / speed };
      },
    };
  });
  const dispose = (): void => {
    closed += 1;
  };
  const openLimits = (): DeviceLimits => ({ kernels, dispose });
  const info = { name: "cpu", device: "a device on paper" };
  return { backend: { info, openLimits } as unknown as Backend, closed: () => closed };
}

test("the faster way to move bytes counts, the faster arithmetic, and half of whole numbers if that is more", async () => {
  const { backend, closed } = deviceOf({
    "bytes read": [1, 40, 50],
    "bytes copy": [1, 30, 30],
    "f32 apart": [1, 80, 60],
    "i16 products": [1, 190, 180],
  });
  const device = await measureDevice(backend, { rounds: 2, name: "paper", memoryBytes: 5 });
  const { bytesPerSecond, flopsPerSecond, name, memoryBytes, usdPerHour } = device;
  assert.deepEqual([name, memoryBytes, usdPerHour], ["paper", 5, null]);
  assert.equal(bytesPerSecond, 50e9);
  assert.deepEqual(flopsPerSecond, { f32: 95e9, i16: 190e9 });
  assert.equal(closed(), 1);
});
