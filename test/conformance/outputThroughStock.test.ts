import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Kernel, KernelManager } from "@jupyterlab/services";
import { installKernelspec } from "../../kernel/install/index.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { type StockServer, startStockServer } from "../fixtures/server/stockServer.ts";

let folder: string;
let stock: StockServer;
let kernels: KernelManager;
let kernel: Kernel.IKernelConnection;

before(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "vitrine-output-")));
  const prefix = join(folder, "prefix");
  await installKernelspec({ prefix }, inRepository("dist", "kernel.js"));
  const root = join(folder, "root");
  await mkdir(root);
  stock = await startStockServer(folder, root, prefix);
  kernels = new KernelManager({ serverSettings: stock.settings });
  kernel = await kernels.startNew({ name: "vitrine" });
});
after(async () => {
  await kernel?.shutdown();
  kernels?.dispose();
  await stock?.close();
  await rm(folder, { recursive: true, force: true });
});

/** What arrives of a cell, by stream, and in how many messages. */
async function run(code: string, onStarted: () => void = () => {}) {
  const pieces: Record<"stdout" | "stderr", string[]> = { stdout: [], stderr: [] };
  let messages = 0;
  const future = kernel.requestExecute({ code });
  future.onIOPub = ({ header: { msg_type: type }, content }) => {
    if (type === "execute_input") onStarted();
    if (type !== "stream") return;
    messages++;
    const { name, text } = content as { name: "stdout" | "stderr"; text: string };
    pieces[name].push(text);
  };
  const { content } = await future.done;
  const { stdout, stderr } = pieces;
  return { messages, stdout: stdout.join(""), stderr: stderr.join(""), status: content.status };
}

const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => `${line(n)}\n`).join("");

test("a stock jupyter_server lets every one of 100,000 lines through", {
  timeout: 60_000,
}, async () => {
  const words = "a line of usual length, say this one:";
  const loop = `for (let i = 0; i < 100_000; i++) console.log("${words} " + i)`;
  const { stdout, stderr } = await run(loop);
  assert.equal(stderr, "");
  assert.ok(stdout === lines(100_000, (n) => `${words} ${n}`), `${stdout.length} characters`);
});

test("a stock jupyter_server lets two streams that alternate through", {
  timeout: 60_000,
}, async () => {
  const loop = `for (let i = 0; i < 20_000; i++) { console.log(i); console.error("e" + i) }`;
  const { stdout, stderr, messages } = await run(loop);
  assert.ok(stdout === lines(20_000, String), `${stdout.length} characters of stdout`);
  assert.ok(stderr === lines(20_000, (n) => `e${n}`), stderr.slice(-1000));
  assert.ok(messages < 2700, `${messages} messages`);
});

for (const [what, condition] of [
  ["that prints without end", ""],
  ["that ended while its output is still on its way", "n < 100_000"],
] as const) {
  test(`an interrupt ends a loop ${what}, in a moment`, { timeout: 60_000 }, async () => {
    let interruptedMs = 0;
    const loop = `for (let n = 0, line = "x".repeat(300); ${condition}; n++) console.log(line)`;
    const { status, stderr } = await run(loop, () => {
      setTimeout(() => {
        interruptedMs = performance.now();
        void kernel.interrupt();
      }, 3000);
    });
    const tookMs = performance.now() - interruptedMs;
    assert.equal(status, condition === "" ? "error" : "ok");
    assert.match(stderr, /interrupted: [\d,]+ characters are left out here/);
    assert.ok(tookMs < 15_000, `${tookMs} ms`);
    assert.equal((await run("console.log(1)")).stdout, "1\n");
  });
}
