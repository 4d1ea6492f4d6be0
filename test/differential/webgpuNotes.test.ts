import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inRepository } from "../../scripts/build/repository.ts";
import { TYPESCRIPT_FLAGS } from "../../scripts/typescript/flags.ts";
import { startKernelClient } from "../fixtures/kernel/kernelClient.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";

const ASK = fileURLToPath(new URL("../fixtures/quietAdapter/askDawn.ts", import.meta.url));
const ASK_PLAIN = fileURLToPath(
  new URL("../fixtures/quietAdapter/askPlainDawn.ts", import.meta.url),
);
const IN_THREAD = fileURLToPath(new URL("../fixtures/quietAdapter/inThread.ts", import.meta.url));
const NO_KOFFI = fileURLToPath(new URL("../fixtures/quietAdapter/noKoffi.ts", import.meta.url));

/** What a script prints on the standard error stream. */
function printed(args: readonly string[], variables: NodeJS.ProcessEnv = {}): string {
  const { status, stderr } = spawnSync(process.execPath, [...TYPESCRIPT_FLAGS, ...args], {
    encoding: "utf8",
    env: { ...process.env, VITRINE_GPU_LOG: "", ...variables },
    cwd: inRepository("."),
  });
  assert.equal(status, 0, stderr);
  return stderr;
}

/** What this machine's driver and Dawn print; lavapipe brings two notes. */
const all = printed([ASK_PLAIN]);
const others = all.replaceAll(/^Warning: .* artificially reduced from .*\n/gm, "");

test("Dawn's notes about lowered limits are kept back from a pipe, and nothing else", () => {
  assert.equal(printed([ASK]), others);
});

test("so they are from a worker thread", () => {
  assert.equal(printed([IN_THREAD, ASK]), others);
});

test("they are there with VITRINE_GPU_LOG=1, and where koffi was left out", () => {
  assert.equal(printed([ASK], { VITRINE_GPU_LOG: "1" }), all);
  assert.equal(printed(["--import", NO_KOFFI, ASK]), all);
});

test("a kernel's own process prints none of them, which a stock Jupyter would put into its log", async (t) => {
  const kernel = await startKernelClient(await temporaryFolder(t));
  try {
    const code = `import { loadModel } from "vitrine";
      const model = await loadModel("tiny", { backend: "webgpu" });
      console.log((await model.run("The keys")).tokens.length > 0);`;
    const id = await kernel.send("execute_request", { code });
    const own = (type: string) =>
      kernel.received.find(({ header, parent }) => header.msg_type === type && parent.msg_id === id)
        ?.content;
    await until("the cell to end", () => own("execute_reply") !== undefined);
    assert.equal(own("execute_reply")?.status, "ok", JSON.stringify(own("error")));
    assert.equal(own("stream")?.text, "true\n");
    kernel.process.kill("SIGTERM");
    await kernel.ended;
    assert.equal(kernel.written(), others);
  } finally {
    kernel.close();
  }
});
