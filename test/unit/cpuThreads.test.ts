import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { physicalCores } from "../../engine/backend/cpu/pool/physicalCores.ts";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { runningThreads } from "../fixtures/runningThreads.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";

async function featureOf(options: { threads?: number }): Promise<string | undefined> {
  const backend = await createCpuBackend(options);
  const { features } = backend.info;
  backend.dispose();
  return features.find((feature) => feature.startsWith("threads"));
}

describe("the threads of a cpu backend", () => {
  const given = process.env.VITRINE_THREADS;
  afterEach(() => {
    if (given === undefined) delete process.env.VITRINE_THREADS;
    else process.env.VITRINE_THREADS = given;
  });

  test("are as many as the option says, else VITRINE_THREADS, else one for each physical core", async () => {
    delete process.env.VITRINE_THREADS;
    assert.equal(await featureOf({}), `threads: ${physicalCores()}`);
    process.env.VITRINE_THREADS = "";
    assert.equal(await featureOf({}), `threads: ${physicalCores()}`);
    process.env.VITRINE_THREADS = "3";
    assert.equal(await featureOf({}), "threads: 3");
    assert.equal(await featureOf({ threads: 1 }), "threads: 1");
  });

  test("are refused where they are no number of threads", async () => {
    for (const threads of [0, 1.5, -1, 257, Number.NaN, "2"])
      await assert.rejects(createCpuBackend({ threads: threads as number }), {
        code: "ERR_OPTION",
        message: /^threads: expected a whole number from 1 to 256, got .*\. Leave it out .*\.$/,
      });
    for (const text of ["two", "0", "1.5"]) {
      process.env.VITRINE_THREADS = text;
      await assert.rejects(createCpuBackend(), {
        code: "ERR_OPTION",
        message: new RegExp(`^VITRINE_THREADS: expected .*, got "${text}"\\.`),
      });
    }
  });

  test("are refused with a backend that has none", async () => {
    for (const choice of ["reference", "webgpu"] as const)
      await assert.rejects(openBackend(choice, { threads: 2 }), {
        code: "ERR_OPTION",
        message: `threads: expected none with the backend ${choice}, got 2. Leave it out, or take the backend cpu.`,
      });
    const { backend } = await openBackend("cpu", { threads: 2 });
    assert.ok(backend.info.features.includes("threads: 2"));
    backend.dispose();
  });

  test("end with it", async () => {
    const before = runningThreads();
    const backend = await openSplitBackend(3);
    assert.ok(runningThreads() > before);
    backend.dispose();
    while (runningThreads() > before) await nextTurn();
  });

  test("end when it is forgotten", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const before = runningThreads();
    await (async () => void (await openSplitBackend(3)))();
    assert.ok(runningThreads() > before);
    while (runningThreads() > before) {
      collect();
      await nextTurn();
    }
  });

  test("let a process end that did not dispose of it", async () => {
    const script = fileURLToPath(new URL("../fixtures/threads/forgetDispose.ts", import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script]);
    assert.equal(stdout, "done");
  });
});
