import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { testWhere } from "../fixtures/testWhere.ts";

const storm = fileURLToPath(new URL("../fixtures/kernel/signalStorm.ts", import.meta.url));
const run = (how: "gated" | "ungated") =>
  spawnSync(process.execPath, ["--import", "tsx", storm, how], {
    encoding: "utf8",
    timeout: 60_000,
  });

const whereSignals = testWhere(process.platform !== "win32");

whereSignals("interrupts that come at the edges of a cell do not end the kernel", () => {
  // A signal is given 20 ms to arrive, which a machine that is busy with other tests may exceed.
  let { status, signal, stdout, stderr } = run("gated");
  for (let again = 0; again < 2 && signal === "SIGINT"; again++)
    ({ status, signal, stdout, stderr } = run("gated"));
  assert.deepEqual({ status, signal }, { status: 0, signal: null }, stderr);
  assert.match(stdout, /of 150 interrupted/);
});

whereSignals("without the gate they would", () => {
  assert.notEqual(run("ungated").status, 0);
});
