import assert from "node:assert/strict";
import { test } from "node:test";
import { Arrivals } from "../../engine/base/arrivals.ts";

test("gives results in the order in which they come, whatever was expected first", async () => {
  const arrivals = new Arrivals<string>();
  let late: (value: string) => void = () => undefined;
  arrivals.expect(new Promise((resolve) => (late = resolve)));
  arrivals.expect(Promise.resolve("first"));
  arrivals.expect(Promise.resolve("second"));
  assert.equal(await arrivals.next(), "first");
  assert.equal(await arrivals.next(), "second");
  const last = arrivals.next();
  late("last");
  assert.equal(await last, "last");
});

test("rejects with what a promise rejects with, and goes on with the others", async () => {
  const arrivals = new Arrivals<number>();
  arrivals.expect(Promise.reject(new RangeError("no")));
  arrivals.expect(Promise.resolve(2));
  await assert.rejects(arrivals.next(), { name: "RangeError", message: "no" });
  assert.equal(await arrivals.next(), 2);
});
