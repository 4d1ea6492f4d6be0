import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, open, openSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Contents } from "../../kernel/server/contents/contents.ts";
import { KernelManager } from "../../kernel/server/kernels/kernelManager.ts";
import type { KernelSpecs } from "../../kernel/server/kernels/kernelSpecs.ts";
import { testSpec } from "../fixtures/server/testServer.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

const whereProc = testWhere(process.platform === "linux");

function managerOf(runtimeDir: string, folder: string, startLimitMs?: number): KernelManager {
  const spec = testSpec("test");
  return new KernelManager({
    specs: { find: async () => spec, defaultName: "test" } as unknown as KernelSpecs,
    contents: { folderOnDisk: async () => folder } as unknown as Contents,
    runtimeDir,
    startLimitMs,
    log: () => undefined,
  });
}

whereProc("a runtime folder that can never be made is refused at once", async (t) => {
  const kernels = managerOf("/proc/none/runtime", await temporaryFolder(t));
  await assert.rejects(kernels.start(null, ""), { status: 500, message: /ENOENT.*\/proc\/none/ });
  await kernels.close();
});

/** As many as Node has threads for the file system. */
const THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4);

whereProc("a disk that does not answer does not keep who asked for a kernel", async (t) => {
  const folder = await temporaryFolder(t);
  const runtimeDir = join(folder, "runtime");
  await mkdir(runtimeDir);
  const pipe = join(folder, "pipe");
  assert.equal(spawnSync("sh", ["-c", 'mkfifo "$0"', pipe]).status, 0);
  const kernels = managerOf(runtimeDir, folder, 50);
  let opened = 0;
  // Opening a pipe waits for who writes to it: no thread is left for the kernel's files.
  for (let index = 0; index < THREADS; index++)
    open(pipe, "r", (_, file) => {
      closeSync(file);
      opened++;
    });
  await assert.rejects(kernels.start(null, ""), {
    status: 500,
    message:
      /expected a connection file in .*runtime within 0\.05 s, got none\. Set JUPYTER_RUNTIME_DIR/,
  });
  assert.deepEqual(kernels.all(), []);
  const writer = openSync(pipe, constants.O_RDWR);
  await until("the threads back", async () => opened === THREADS);
  closeSync(writer);
  // What was under way is ended once it can be.
  await until("no kernel left", async () => (await readdir(runtimeDir)).length === 0);
  await kernels.close();
});
