import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { SharedState } from "../../kernel/transport/sharedState.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

const storm = fileURLToPath(new URL("../fixtures/kernel/signalStorm.ts", import.meta.url));
const run = (how: "gated" | "ungated") =>
  spawnSync(process.execPath, ["--import", "tsx", storm, how], {
    encoding: "utf8",
    timeout: 5 * 60_000,
  });

/** The word of the shared memory that says whether signals may come, and its value while one is being sent. */
const gateOf = ({ memory }: SharedState): Int32Array => new Int32Array(memory, 16, 1);
const SENDING = 2;

const whereSignals = testWhere(process.platform !== "win32");

whereSignals("interrupts that come at the edges of a cell do not end the kernel", () => {
  const { status, signal, stdout, stderr } = run("gated");
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
  assert.equal(stdout, "50 interrupted\n");
});

whereSignals("without the gate they would", () => {
  assert.equal(run("ungated").signal, "SIGINT");
});

test("one signal is on its way at most, and it stays so while the gate is opened in the middle of it", () => {
  const shared = new SharedState();
  let sent = 0;
  shared.signal(() => {
    sent += 1;
    shared.openToSignals();
    assert.equal(gateOf(shared)[0], SENDING);
  });
  shared.signal(() => assert.fail("expected none beside the one that is on its way"));
  shared.openToSignals();
  shared.signal(() => {
    sent += 1;
  });
  assert.equal(sent, 2);
});

/** A sender to whom an hour passes whenever it looks at the clock. */
const SENDER = `
const { parentPort, workerData } = require("node:worker_threads");
require("tsx/cjs");
const { SharedState } = require(workerData.module);
let nowMs = 0;
performance.now = () => (nowMs += 3_600_000);
new SharedState(workerData.memory).signal(() => parentPort.postMessage("sent"));
`;

test("no signal is sent while the gate is closed, however long that is", async () => {
  const shared = new SharedState();
  shared.closeToSignals();
  const module = fileURLToPath(new URL("../../kernel/transport/sharedState.ts", import.meta.url));
  const workerData = { memory: shared.memory, module };
  const sender = new Worker(SENDER, { eval: true, workerData });
  const told: unknown[] = [];
  sender.on("message", (message) => told.push(message));
  const isWaiting = (): boolean => Atomics.notify(gateOf(shared), 0) > 0;
  await until("a sender at the gate", () => told.length > 0 || isWaiting());
  assert.deepEqual(told, []);
  shared.openToSignals();
  await until("a signal", () => told.length > 0);
  await sender.terminate();
});
