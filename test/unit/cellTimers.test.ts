import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { CellTimers } from "../../kernel/session/cellTimers.ts";

const own = { setTimeout, setInterval, setImmediate };
after(() => Object.assign(globalThis, own));
let isOfCell = true;
const timers = new CellTimers();
timers.install(() => isOfCell);

test("timers of cells that are still to fire are stopped, and counted", async () => {
  const fired: string[] = [];
  setTimeout(() => fired.push("timeout"), 5);
  setInterval(() => fired.push("interval"), 1);
  setImmediate(() => fired.push("immediate"));
  clearTimeout(setTimeout(() => fired.push("cleared"), 1));
  assert.equal(timers.stop(), 3);
  assert.equal(timers.stop(), 0);
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
  assert.equal(timers.stop(), 0);
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
  assert.deepEqual([fired, timers.stop()], [3000, 2]);
  assert.equal(waiting.hasRef(), true);
});

test("the functions stay what they were to those who look", async () => {
  assert.deepEqual([setTimeout.name, setInterval.name, setImmediate.name], Object.keys(own));
  assert.equal(await promisify(setTimeout)(1, "value"), "value");
});
