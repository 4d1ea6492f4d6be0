import assert from "node:assert/strict";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Kernel, KernelManager, KernelMessage } from "@jupyterlab/services";
import { kernelSpec, writeKernelspec } from "../../kernel/install/kernelspec.ts";
import { parseKernelSpec } from "../../kernel/server/kernels/kernelSpecs.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { until } from "../fixtures/until.ts";

const KERNEL = fileURLToPath(new URL("../../dist/kernel.js", import.meta.url));

let host: TestServer;
let manager: KernelManager;
let kernel: Kernel.IKernelConnection;
let specDir: string;

before(async () => {
  await access(KERNEL);
  specDir = await mkdtemp(join(tmpdir(), "vitrine-spec-"));
  await writeKernelspec(specDir, kernelSpec(KERNEL));
  const spec = parseKernelSpec(await readFile(join(specDir, "kernel.json"), "utf8"), specDir);
  host = await startTestServer({ kernelspecs: { vitrine: spec } });
  manager = new KernelManager({ serverSettings: host.settings });
  kernel = await manager.startNew({ name: "vitrine" });
});
after(async () => {
  manager.dispose();
  await host.close();
  await rm(specDir, { recursive: true });
});

interface Outputs {
  readonly text: string;
  readonly result: unknown;
  readonly errorName: string | null;
}

async function run(code: string, onPrinted?: () => void): Promise<Outputs> {
  let text = "";
  let result: unknown;
  let errorName: string | null = null;
  const future = kernel.requestExecute({ code });
  future.onIOPub = (message) => {
    if (KernelMessage.isStreamMsg(message)) {
      text += message.content.text;
      onPrinted?.();
    }
    if (KernelMessage.isExecuteResultMsg(message)) result = message.content.data["text/plain"];
    if (KernelMessage.isErrorMsg(message)) errorName = message.content.ename;
  };
  await future.done;
  return { text, result, errorName };
}

test("20 MB of output wait for nothing, since this server drops none", async () => {
  // A pace is a wait: a kernel that keeps one tells a server which drops output from one which does not by this name.
  assert.equal((await run("process.env.VITRINE_OUTPUT_PACE")).result, "'off'");
  const flood = "for (let i = 0; i < 200; i++) console.log('x'.repeat(99_999))";
  const { text } = await run(flood);
  assert.equal(text.length, 20_000_000);
});

test("the kernel of this package runs TypeScript through the server", async () => {
  const info = await kernel.info;
  assert.equal(info.language_info.mimetype, "application/typescript");
  const { text, result } = await run(
    "const half = (n: number): number => n / 2;\nconsole.log('printed');\nhalf(42)",
  );
  assert.deepEqual({ text, result }, { text: "printed\n", result: "21" });
  assert.equal((await run("throw new RangeError('no')")).errorName, "RangeError");
});

test("twenty thousand lines arrive complete, in order and before idle", async () => {
  const { text } = await run("for (let i = 0; i < 20000; i++) console.log(i)");
  assert.equal(text, Array.from({ length: 20_000 }, (_, index) => `${index}\n`).join(""));
});

test("an endless loop is interrupted and the state is kept", async () => {
  await run("let kept = 7;");
  let isLooping = false;
  const endless = run("console.log('looping'); while (true) {}", () => {
    isLooping = true;
  });
  await until("the cell to print", () => isLooping);
  await kernel.interrupt();
  assert.equal((await endless).errorName, "KeyboardInterrupt");
  assert.equal((await run("kept")).result, "7");
});

test("completion knows the types of earlier cells", async () => {
  await run("const words = ['a'];");
  const reply = await kernel.requestComplete({ code: "words.toSort", cursor_pos: 12 });
  assert.ok(reply.content.status === "ok" && reply.content.matches.length > 0);
});

test("a restart forgets the variables, a killed process comes back by itself", async () => {
  await kernel.restart();
  assert.equal((await run("kept")).errorName !== null, true);
  const pid = Number((await run("process.pid")).result);
  const states: string[] = [];
  kernel.statusChanged.connect((_, status) => {
    states.push(status);
  });
  process.kill(pid, "SIGKILL");
  await until("the news of the restart", () => states.includes("autorestarting"));
  await until("an idle kernel", () => kernel.status === "idle");
  assert.equal((await run("1 + 1")).result, "2");
});
