import assert from "node:assert/strict";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { after, test } from "node:test";
import timers, * as timerExports from "node:timers";
import promises, { setTimeout as importedDelay } from "node:timers/promises";
import { promisify } from "node:util";
import { delay } from "../../kernel/ownTimers.ts";
import { CellTimers } from "../../kernel/session/cellTimers.ts";

const own = { setTimeout, setInterval, setImmediate };
const ownPromises = { ...promises };
let isOfCell = true;
const cellTimers = new CellTimers();
cellTimers.install(() => isOfCell);
after(() => {
  Object.assign(globalThis, own);
  Object.assign(timers, own);
  Object.assign(promises, ownPromises);
  syncBuiltinESMExports();
});

test("timers of cells that are still to fire are stopped, and counted", async () => {
  const fired: string[] = [];
  setTimeout(() => fired.push("timeout"), 5);
  setInterval(() => fired.push("interval"), 1);
  setImmediate(() => fired.push("immediate"));
  clearTimeout(setTimeout(() => fired.push("cleared"), 1));
  assert.equal(cellTimers.stop(), 3);
  assert.equal(cellTimers.stop(), 0);
  await delay(20);
  assert.deepEqual(fired, []);
});

test("timers that have fired are not counted, those of nobody not stopped", async () => {
  const fired: string[] = [];
  await new Promise<void>((resolve) => setTimeout(resolve, 1));
  await new Promise<void>((resolve) => setImmediate(resolve));
  isOfCell = false;
  const said = new Promise<void>((resolve) => setTimeout(() => resolve(void fired.push("own")), 5));
  isOfCell = true;
  assert.equal(cellTimers.stop(), 0);
  await said;
  assert.deepEqual(fired, ["own"]);
});

test("thousands of timers that fired are forgotten, those that wait are not", async () => {
  let fired = 0;
  const waiting = setTimeout(() => assert.fail("expected it to be stopped"), 60_000);
  await Promise.all(
    Array.from(
      { length: 3000 },
      () => new Promise<void>((r) => setImmediate(() => r(void fired++))),
    ),
  );
  setImmediate(() => undefined);
  assert.deepEqual([fired, cellTimers.stop()], [3000, 2]);
  assert.equal(waiting.hasRef(), true);
});

test("the functions stay what they were to those who look", async () => {
  assert.deepEqual([setTimeout.name, setInterval.name, setImmediate.name], Object.keys(own));
  assert.equal(await promisify(setTimeout)(1, "value"), "value");
});

test("those of node:timers are the same functions, imported or required", () => {
  const { setTimeout: required } = createRequire(import.meta.url)("timers");
  assert.deepEqual([timerExports.setTimeout, required], [setTimeout, setTimeout]);
  assert.equal(timerExports.setInterval, setInterval);
  assert.equal(timerExports.setImmediate, setImmediate);
});

test("what node:timers/promises waits for is stopped, and neither resolves nor throws", async () => {
  const ended: string[] = [];
  const follow = (name: string, waited: Promise<unknown>): unknown =>
    waited.then(
      () => ended.push(name),
      (error) => ended.push(`${name} ${error}`),
    );
  follow("delay", importedDelay(2));
  follow("immediate", promises.setImmediate());
  follow("wait", promises.scheduler.wait(2));
  follow("promisified", promisify(setTimeout)(2));
  const ticks = async (): Promise<void> => {
    for await (const tick of promises.setInterval(2, "tick", { ref: false })) ended.push(tick);
  };
  follow("interval", ticks());
  const { signal } = new AbortController();
  follow("with a signal", importedDelay(2, null, { signal }));
  assert.equal(cellTimers.stop(), 6);
  assert.equal(cellTimers.stop(), 0);
  await delay(20);
  assert.deepEqual(ended, []);
});

test("promises of timers that nobody stops end as ever, and are not counted", async () => {
  assert.equal(await importedDelay(1, "value"), "value");
  assert.equal(await promises.setImmediate("value"), "value");
  const seen: string[] = [];
  for await (const tick of promises.setInterval(1, "tick")) if (seen.push(tick) === 3) break;
  assert.deepEqual(seen, ["tick", "tick", "tick"]);
  const controller = new AbortController();
  const aborted = importedDelay(60_000, null, { signal: controller.signal });
  controller.abort("a reason");
  await assert.rejects(aborted, { name: "AbortError", cause: "a reason" });
  await assert.rejects(importedDelay(1, null, 5 as never), { code: "ERR_INVALID_ARG_TYPE" });
  await assert.rejects(importedDelay(1, null, { signal: 5 as never }), {
    code: "ERR_INVALID_ARG_TYPE",
  });
  assert.equal(cellTimers.stop(), 0);
});
