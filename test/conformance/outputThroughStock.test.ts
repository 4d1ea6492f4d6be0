import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Kernel, KernelManager } from "@jupyterlab/services";
import { installKernelspec } from "../../kernel/install/index.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { type StockServer, startStockServer } from "../fixtures/server/stockServer.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";
import { until } from "../fixtures/until.ts";

describe("output through a stock jupyter_server", needsStockJupyter, () => {
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

  interface Output {
    messages: number;
    stdout: string;
    stderr: string;
  }

  /** Runs a cell. @param output what arrives of it, while it does */
  async function run(code: string, output: Output = { messages: 0, stdout: "", stderr: "" }) {
    const future = kernel.requestExecute({ code });
    future.onIOPub = ({ header: { msg_type: type }, content }) => {
      if (type !== "stream") return;
      output.messages++;
      const { name, text } = content as { name: "stdout" | "stderr"; text: string };
      output[name] += text;
    };
    const { content } = await future.done;
    return { ...output, status: content.status };
  }

  const lines = (count: number, line: (n: number) => string): string =>
    Array.from({ length: count }, (_, n) => `${line(n)}\n`).join("");

  test("a stock jupyter_server lets every one of 100,000 lines through", async () => {
    const words = "a line of usual length, say this one:";
    const loop = `for (let i = 0; i < 100_000; i++) console.log("${words} " + i)`;
    const { stdout, stderr } = await run(loop);
    assert.equal(stderr, "");
    assert.ok(stdout === lines(100_000, (n) => `${words} ${n}`), `${stdout.length} characters`);
  });

  test("a stock jupyter_server lets two streams that alternate through", async () => {
    const loop = `for (let i = 0; i < 20_000; i++) { console.log(i); console.error("e" + i) }`;
    const { stdout, stderr, messages } = await run(loop);
    assert.ok(stdout === lines(20_000, String), `${stdout.length} characters of stdout`);
    assert.ok(stderr === lines(20_000, (n) => `e${n}`), stderr.slice(-1000));
    assert.ok(messages < 2700, `${messages} messages`);
  });

  /** More than the kernel sends in one burst: what a cell prints beyond it waits in the kernel. */
  const BURST_CHARACTERS = 2_700_000;
  /** Of what waits, the most that is still sent after an interrupt. */
  const KEPT_CHARACTERS = 2 ** 19;
  const LINE = `${"x".repeat(300)}\n`;
  const LINES = 100_000;

  test("an interrupt ends a loop that prints without end, and drops what waits but for the end of it", async () => {
    const output: Output = { messages: 0, stdout: "", stderr: "" };
    const isPrinted = join(folder, "is-printed");
    const ended = run(
      `const { writeFileSync } = await import("node:fs");
    for (let n = 1, line = "x".repeat(300); ; n++) {
      console.log(line);
      if (n === ${LINES}) writeFileSync(${JSON.stringify(isPrinted)}, "");
    }`,
      output,
    );
    await until("far more than a burst to be printed", () => existsSync(isPrinted));
    await kernel.interrupt();
    const { status, stderr } = await ended;
    assert.equal(status, "error");
    assert.match(stderr, /interrupted: [\d,]+ characters are left out here/);
    assert.equal((await run("console.log(1)")).stdout, "1\n");
  });

  test("an interrupt of a cell that ended while its output is on its way drops what waits but for the end of it", async () => {
    const output: Output = { messages: 0, stdout: "", stderr: "" };
    const isOver = join(folder, "is-over");
    const ended = run(
      `for (let n = 0, line = "x".repeat(300); n < ${LINES}; n++) console.log(line);
    (await import("node:fs")).writeFileSync(${JSON.stringify(isOver)}, "")`,
      output,
    );
    let before = -1; // what had come before the notice
    const notice = /interrupted: ([\d,]+) characters are left out here/;
    await until("the loop to end", () => existsSync(isOver));
    await until("more than a burst", () => output.stdout.length > BURST_CHARACTERS);
    void kernel.interrupt();
    await until("the notice", () => {
      before = output.stdout.length;
      return notice.test(output.stderr);
    });
    const { status, stdout, stderr } = await ended;
    assert.equal(status, "ok", "the cell itself had ended");
    const left = Number(notice.exec(stderr)?.[1]?.replaceAll(",", ""));
    assert.equal(stdout.length + left, LINES * LINE.length, "every character came or was counted");
    assert.ok(
      stdout.length - before <= KEPT_CHARACTERS,
      `${stdout.length - before} after the notice`,
    );
    assert.equal((await run("console.log(1)")).stdout, "1\n");
  });
});
