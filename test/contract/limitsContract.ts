import assert from "node:assert/strict";
import { test } from "node:test";
import { measureDevice } from "../../engine/machine/measureDevice.ts";
import { type BackendKind, Subject } from "./subject.ts";

const MIB = 2 ** 20;

export function limitsContract(kind: BackendKind): void {
  const subject = new Subject(kind);
  const { notMeasured } = kind;
  if (notMeasured !== undefined) {
    test("are none, and whoever measures it is told why", async () => {
      assert.equal(subject.backend.openLimits, undefined);
      await assert.rejects(measureDevice(subject.backend), {
        name: "BackendError",
        code: "ERR_NOT_MEASURED",
        message: notMeasured,
      });
    });
    return;
  }

  test("do at least one pass over their work, and take time", async () => {
    const limits = subject.backend.openLimits?.(MIB);
    assert.ok(limits);
    const units = new Set(limits.kernels.map(({ unit }) => unit));
    assert.ok(units.has("bytes") && units.has("f32"), [...units].join());
    for (const { name, unit, measure } of limits.kernels) {
      const { amount, ns } = await measure(1);
      assert.ok(amount >= (unit === "bytes" ? MIB : 1) && ns > 0, `${name}: ${amount} in ${ns} ns`);
      const more = await measure(2.4 * amount);
      assert.equal(more.amount, 2 * amount, name);
    }
    limits.dispose();
  });

  test("are told that the backend was disposed of", async () => {
    const backend = await kind.open();
    const limits = backend.openLimits?.(MIB);
    backend.dispose();
    for (const { measure } of limits?.kernels ?? [])
      await assert.rejects(measure(1), { code: "ERR_DISPOSED" });
    limits?.dispose();
    assert.throws(() => backend.openLimits?.(MIB), { code: "ERR_DISPOSED" });
  });
}
