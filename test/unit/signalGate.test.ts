import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const storm = fileURLToPath(new URL("../fixtures/kernel/signalStorm.ts", import.meta.url));
const run = (how: "gated" | "ungated") =>
  spawnSync(process.execPath, ["--import", "tsx", storm, how], {
    encoding: "utf8",
    timeout: 60_000,
  });

const options = { skip: process.platform === "win32" ? "signals are not sent there" : false };

test("interrupts that come at the edges of a cell do not end the kernel", options, () => {
  // A signal is given 20 ms to arrive, which a machine that is busy with other tests may exceed.
  let { status, signal, stdout, stderr } = run("gated");
  for (let again = 0; again < 2 && signal === "SIGINT"; again++)
    ({ status, signal, stdout, stderr } = run("gated"));
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
  assert.match(stdout, /of 150 interrupted/);
});

test("without the gate they would", options, () => {
  assert.notEqual(run("ungated").status, 0);
});
