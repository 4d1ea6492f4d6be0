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
  const { status, signal, stdout, stderr } = run("gated");
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
  const [interrupted] = /^\d+/.exec(stdout) ?? ["0"];
  assert.ok(Number(interrupted) > 100, stdout);
});

test("without the gate they would", options, () => {
  assert.equal(run("ungated").signal, "SIGINT");
});
