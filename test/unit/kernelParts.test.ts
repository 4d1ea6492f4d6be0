import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { Cell } from "../../kernel/cell/cell.ts";
import {
  installKernelspec,
  installLabExtension,
  jupyterDataDir,
  uninstallKernelspec,
  uninstallLabExtension,
} from "../../kernel/install/index.ts";
import { replaceFolder } from "../../kernel/install/replaceFolder.ts";
import { endpoint, readConnectionFile } from "../../kernel/protocol/connection.ts";
import type { Header } from "../../kernel/protocol/messages.ts";
import { SharedState } from "../../kernel/transport/sharedState.ts";
import { Terminator } from "../../kernel/transport/terminator.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-kernel-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const header = { msg_id: "1" } as Header;
const newCell = (): Cell =>
  new Cell({ header, ids: [], cellId: null, isSilent: false, allowStdin: false });

test("a connection file is read, and a broken one refused by name", () => {
  const path = join(folder, "connection.json");
  const ports = { shell_port: 1, control_port: 2, iopub_port: 3, stdin_port: 4, hb_port: 5 };
  writeFileSync(path, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: "k", ...ports }));
  assert.equal(endpoint(readConnectionFile(path), "iopub"), "tcp://127.0.0.1:3");
  writeFileSync(path, JSON.stringify({ transport: "ipc", ip: "/tmp/kernel", ...ports }));
  assert.equal(endpoint(readConnectionFile(path), "hb"), "ipc:///tmp/kernel-5");
  writeFileSync(path, JSON.stringify({ ...ports, hb_port: "x" }));
  assert.throws(() => readConnectionFile(path), { code: "ERR_PROTOCOL", message: /hb_port/ });
  writeFileSync(path, JSON.stringify({ ...ports, key: "k", signature_scheme: "hmac-md5" }));
  assert.throws(() => readConnectionFile(path), { code: "ERR_PROTOCOL", message: /hmac-md5/ });
  assert.throws(() => readConnectionFile(join(folder, "none")), { code: "ERR_PROTOCOL" });
});

test("an interrupt rejects what a running cell awaits, and nothing of one that ended", async () => {
  const cell = newCell();
  const pending = Promise.resolve(cell.wait(new Promise(() => {})));
  cell.interrupt();
  await assert.rejects(pending, { name: "KeyboardInterrupt" });
  assert.equal(cell.interruptSignal.aborted, true);
  assert.equal(await cell.wait(Promise.resolve("after")), "after");

  const ended = newCell();
  let finish = (_: string): void => {};
  const own = new Promise<string>((resolve) => {
    finish = resolve;
  });
  const waited = Promise.resolve(ended.wait(own));
  ended.end();
  ended.interrupt();
  finish("done");
  assert.equal(await waited, "done");
});

test("an abandoned cell goes no further than its next await", async () => {
  const [before, after] = [newCell(), newCell()];
  const went: string[] = [];
  const goOn = async (cell: Cell, name: string): Promise<void> => {
    await cell.wait(Promise.resolve());
    went.push(name);
  };
  void goOn(after, "which waited when it was abandoned");
  before.abandon();
  after.abandon();
  void goOn(before, "abandoned before it waited");
  void goOn(newCell(), "not abandoned");
  await turn(); // all that a promise that is settled sets off has run by now
  assert.deepEqual(went, ["not abandoned"]);
});

test("a thread that waits for a line gets it, or hears of the interrupt", async () => {
  const shared = new SharedState();
  const waitInThread = async (): Promise<unknown> => {
    shared.expectLine();
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      parentPort.postMessage("waiting");
      const words = new Int32Array(workerData, 0, 4);
      Atomics.wait(words, 1, 0);
      parentPort.postMessage(words[1]);`;
    const worker = new Worker(source, { eval: true, workerData: shared.memory });
    await new Promise((resolve) => worker.once("message", resolve));
    return new Promise((resolve) => {
      worker.once("message", resolve);
      answer();
    });
  };
  let answer = (): void => shared.answerLine("größe 😀");
  assert.equal(await waitInThread(), 1);
  assert.equal(shared.waitForLine(), "größe 😀");
  answer = () => shared.raiseInterrupt();
  assert.equal(await waitInThread(), 2);
  assert.equal(shared.waitForLine(), null);
  assert.equal(shared.hasInterrupt() && shared.isBlocked(), true);
  shared.acknowledgeInterrupt();
  assert.equal(shared.hasInterrupt() || shared.isBlocked(), false);
});

test("Jupyter's data folder follows the platform, the environment and the prefix", () => {
  const { JUPYTER_DATA_DIR } = process.env;
  process.env.JUPYTER_DATA_DIR = join(folder, "data");
  try {
    assert.equal(jupyterDataDir(), join(folder, "data"));
    assert.equal(jupyterDataDir({ prefix: folder }), join(folder, "share", "jupyter"));
  } finally {
    if (JUPYTER_DATA_DIR === undefined) delete process.env.JUPYTER_DATA_DIR;
    else process.env.JUPYTER_DATA_DIR = JUPYTER_DATA_DIR;
  }
});

test("the kernelspec is installed, replaced and removed whole", async () => {
  const script = join(folder, "kernel.js");
  writeFileSync(script, "");
  const installed = await installKernelspec({ prefix: folder }, script);
  writeFileSync(join(installed, "old"), "");
  assert.equal(await installKernelspec({ prefix: folder }, script), installed);
  const spec = JSON.parse(readFileSync(join(installed, "kernel.json"), "utf8"));
  assert.deepEqual(spec.argv, [process.execPath, script, "{connection_file}"]);
  assert.equal(spec.interrupt_mode, "message");
  assert.throws(() => readFileSync(join(installed, "old")), { code: "ENOENT" });
  assert.equal(readFileSync(join(installed, "logo-64x64.png")).readUInt32BE(16), 64);
  assert.equal(await uninstallKernelspec({ prefix: folder }), installed);
  assert.equal(await uninstallKernelspec({ prefix: folder }), null);
});

test("the extension for saved pictures is installed, replaced and removed whole, and refused where it is not built", async () => {
  const built = join(folder, "labextension");
  mkdirSync(join(built, "static"), { recursive: true });
  writeFileSync(join(built, "package.json"), "{}");
  writeFileSync(join(built, "static", "new.js"), "");
  const installed = await installLabExtension({ prefix: folder }, built);
  writeFileSync(join(installed, "static", "old.js"), "");
  assert.equal(await installLabExtension({ prefix: folder }, built), installed);
  assert.deepEqual(readdirSync(join(installed, "static")), ["new.js"]);
  assert.deepEqual(readdirSync(join(installed, "..")), ["vitrine-pictures"]);
  await assert.rejects(installLabExtension({ prefix: folder }, join(folder, "not built")), {
    code: "ERR_INSTALL",
    message: /npm run build/,
  });
  assert.equal(await uninstallLabExtension({ prefix: folder }), installed);
  assert.equal(await uninstallLabExtension({ prefix: folder }), null);
});

test("an older folder stays where a new one cannot take its place", async () => {
  const place = join(folder, "kept");
  mkdirSync(place);
  writeFileSync(join(place, "of an older version"), "");
  const writesNothing = async (): Promise<void> => {};
  await assert.rejects(replaceFolder(place, writesNothing), { code: "ERR_INSTALL" });
  assert.deepEqual(readdirSync(place), ["of an older version"]);
  const left = readdirSync(folder).filter((name) => name.startsWith(".kept"));
  assert.deepEqual(left, []);
});

test("an installation that cannot be written says so and leaves nothing behind", async () => {
  const script = join(folder, "kernel.js");
  writeFileSync(script, "");
  const blocked = join(folder, "blocked");
  mkdirSync(join(blocked, "share", "jupyter"), { recursive: true });
  // A file where a folder should be stops even a superuser.
  writeFileSync(join(blocked, "share", "jupyter", "kernels"), "");
  await assert.rejects(installKernelspec({ prefix: blocked }, script), {
    code: "ERR_INSTALL",
    message: /expected a writable folder .* Choose another with --prefix/,
  });
  // A system that takes no folders and does not say so.
  if (process.platform === "linux")
    await assert.rejects(installKernelspec({ prefix: "/proc/nowhere" }, script), {
      code: "ERR_INSTALL",
    });
  chmodSync(blocked, 0o755);
  await assert.rejects(installKernelspec({ prefix: folder }, join(folder, "missing.js")), {
    code: "ERR_INSTALL",
    message: /npm run build/,
  });
});

test("a cell that heard of an interrupt before the socket thread looked is interrupted again", async () => {
  const shared = new SharedState();
  let count = 0;
  const terminator = new Terminator({
    shared,
    resume: async () => {},
    onHeld: () => {},
    interruptAgain: () => {
      count++;
      shared.isUnwinding = false; // the cell ends of it
    },
  });
  shared.raiseInterrupt();
  shared.isUnwinding = true;
  shared.acknowledgeInterrupt();
  await terminator.start();
  assert.equal(count, 1);
});
