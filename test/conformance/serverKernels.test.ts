import assert from "node:assert/strict";
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  type Kernel,
  KernelAPI,
  KernelManager,
  KernelMessage,
  KernelSpecAPI,
  type Session,
  SessionAPI,
  SessionManager,
} from "@jupyterlab/services";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { until } from "../fixtures/until.ts";

let host: TestServer;
let kernels: KernelManager;
let sessions: SessionManager;

before(async () => {
  host = await startTestServer();
  kernels = new KernelManager({ serverSettings: host.settings });
  sessions = new SessionManager({ serverSettings: host.settings, kernelManager: kernels });
  await sessions.ready;
});
after(async () => {
  sessions.dispose();
  kernels.dispose();
  await host.close();
});

const start = (path: string, name = "test"): Promise<Session.ISessionConnection> =>
  sessions.startNew({ path, name: path, type: "notebook", kernel: { name } });

function kernelOf(session: Session.ISessionConnection): Kernel.IKernelConnection {
  assert.ok(session.kernel);
  return session.kernel;
}

/** Runs a cell; gives its outputs' text and the reply. */
async function run(kernel: Kernel.IKernelConnection, code: string, outputs: string[] = []) {
  const future = kernel.requestExecute({ code });
  future.onIOPub = (message) => {
    if (KernelMessage.isStreamMsg(message)) outputs.push(message.content.text);
    if (KernelMessage.isExecuteResultMsg(message))
      outputs.push(String(message.content.data["text/plain"]));
    if (KernelMessage.isErrorMsg(message)) outputs.push(message.content.ename);
  };
  return { reply: await future.done, outputs };
}

const pidOf = async (kernel: Kernel.IKernelConnection) =>
  Number((await run(kernel, "return kernel.process.pid")).outputs[0]);

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("kernelspecs name the default and how to start each", async () => {
  const { default: name, kernelspecs } = await KernelSpecAPI.getSpecs(host.settings);
  assert.equal(name, "test");
  assert.equal(kernelspecs.vitrine?.display_name, "TypeScript (Vitrine)");
  assert.equal(kernelspecs.vitrine?.argv.at(-1), "{connection_file}");
});

test("a session runs code in the folder of its document", async () => {
  await mkdir(join(host.root, "sub"));
  const session = await start("sub/a.ipynb");
  const { reply, outputs } = await run(
    kernelOf(session),
    "kernel.print('hello'); return kernel.process.cwd()",
  );
  assert.equal(reply.content.status, "ok");
  assert.deepEqual(outputs, ["hello", join(host.root, "sub")]);
  const again = await SessionAPI.startSession(
    { path: "sub/a.ipynb", name: "", type: "notebook", kernel: { name: "test" } },
    host.settings,
  );
  assert.equal(again.id, session.id, "a document has one session");
  await session.setPath("b.ipynb");
  assert.equal((await SessionAPI.getSessionModel(session.id, host.settings)).path, "b.ipynb");
  await session.shutdown();
});

test("a comm carries data and binary buffers both ways", async () => {
  const session = await start("comm.ipynb");
  const comm = kernelOf(session).createComm("target");
  const received: KernelMessage.ICommMsgMsg[] = [];
  comm.onMsg = (message) => {
    received.push(message);
  };
  await comm.open({ a: 1 }).done;
  await comm.send({ b: 2 }, {}, [
    new Uint8Array([1, 2, 255]).buffer,
    new Float32Array([0.5]).buffer,
  ]).done;
  assert.deepEqual(
    received.map((message) => message.content.data),
    [{ opened: "target" }, { echo: { b: 2 } }],
  );
  const bytes = (received[1]?.buffers ?? []).map((buffer) => [
    ...new Uint8Array(
      (buffer as DataView).buffer,
      (buffer as DataView).byteOffset,
      buffer.byteLength,
    ),
  ]);
  assert.deepEqual(bytes, [[1, 2, 255], [...new Uint8Array(new Float32Array([0.5]).buffer)]]);
  await session.shutdown();
});

test("a cell that asks for input gets the answer", async () => {
  const session = await start("input.ipynb");
  const future = kernelOf(session).requestExecute({
    code: "return await kernel.input('name?')",
    allow_stdin: true,
  });
  const outputs: string[] = [];
  future.onStdin = (message) => {
    if (KernelMessage.isInputRequestMsg(message))
      future.sendInputReply({ status: "ok", value: "Ada" }, message.header);
  };
  future.onIOPub = (message) => {
    if (KernelMessage.isExecuteResultMsg(message))
      outputs.push(String(message.content.data["text/plain"]));
  };
  await future.done;
  assert.deepEqual(outputs, ["Ada"]);
  await session.shutdown();
});

for (const name of process.platform === "win32" ? ["test"] : ["test", "signal"]) {
  test(`an interrupt reaches the kernel "${name}" in the way its spec asks for`, async () => {
    const session = await start(`interrupt-${name}.ipynb`, name);
    const kernel = kernelOf(session);
    const pid = await pidOf(kernel);
    const outputs: string[] = [];
    const running = run(kernel, "kernel.print('on'); await kernel.interrupted", outputs);
    await until("the cell to print", () => outputs.length === 1);
    await kernel.interrupt();
    assert.deepEqual((await running).outputs, ["on", "KeyboardInterrupt"]);
    assert.equal(await pidOf(kernel), pid, "its process and state are kept");
    await session.shutdown();
  });
}

test("a restart replaces the process under the same id", async () => {
  const session = await start("restart.ipynb");
  const kernel = kernelOf(session);
  const { id } = kernel;
  const before = await pidOf(kernel);
  await kernel.restart();
  const after = await pidOf(kernel);
  assert.notEqual(after, before);
  assert.equal(kernel.id, id);
  assert.equal(isAlive(before), false);
  await session.shutdown();
});

test("a kernel that is killed starts again, and its clients learn of it", async () => {
  const session = await start("crash.ipynb");
  const kernel = kernelOf(session);
  const before = await pidOf(kernel);
  const states: string[] = [];
  kernel.statusChanged.connect((_, status) => {
    states.push(status);
  });
  process.kill(before, "SIGKILL");
  await until("the news of the restart", () => states.includes("autorestarting"));
  await until("an idle kernel", () => kernel.status === "idle");
  assert.notEqual(await pidOf(kernel), before);
  await session.shutdown();
});

test("a kernel that ends before it is ready starts again, and what was sent to it arrives", async () => {
  const kernel = await kernels.startNew({ name: "late" });
  const told: string[] = [];
  kernel.statusChanged.connect((_, status) => void told.push(status));
  const { reply, outputs } = await run(kernel, "return 6 * 7");
  assert.equal(reply.content.status, "ok");
  assert.deepEqual(outputs, ["42"]);
  assert.ok(!told.includes("autorestarting"), told.join(" "));
  assert.match(host.logged.join("\n"), /\(late\): its process ended unexpectedly with exit code 3/);
  await kernel.shutdown();
});

test("a kernel that dies again and again is given up, with its last words in the log", async () => {
  const model = await KernelAPI.startNew({ name: "dying" }, host.settings);
  const state = async () =>
    (await KernelAPI.getKernelModel(model.id, host.settings))?.execution_state;
  await until("a dead kernel", async () => (await state()) === "dead");
  assert.ok(
    host.logged.some(
      (line) => line.includes("exit code 3") && line.includes("this kernel dies at once"),
    ),
  );
  await KernelAPI.shutdownKernel(model.id, host.settings);
});

test("the connection file is this user's alone while the kernel runs, and gone afterwards", async () => {
  const session = await start("file.ipynb");
  const { id } = kernelOf(session);
  const runtime = join(host.folder, "runtime");
  const [file] = (await readdir(runtime)).filter((name) => name.includes(id));
  assert.ok(file);
  if (process.platform !== "win32")
    assert.equal((await stat(join(runtime, file))).mode & 0o777, 0o600);
  assert.match(JSON.parse(await readFile(join(runtime, file), "utf8")).key, /^[0-9a-f]{64}$/);
  await session.shutdown();
  assert.equal(
    (await readdir(runtime)).some((name) => name.includes(id)),
    false,
  );
});

test("a kernel that ignores every polite request is gone all the same after shutdown", async () => {
  const session = await start("stubborn.ipynb", "stubborn");
  const pid = await pidOf(kernelOf(session));
  await session.shutdown();
  assert.equal(isAlive(pid), false);
});

test("an unknown kernel is refused with the names of those that are there", async () => {
  const response = await host.fetch("api/kernels", {
    method: "POST",
    body: JSON.stringify({ name: "nope" }),
  });
  assert.equal(response.status, 501);
  assert.match(
    ((await response.json()) as { message: string }).message,
    /expected one of test, .*vitrine, got nope/,
  );
});

test("a spec whose command does not exist is refused, and leaves no connection file", async () => {
  const argv = ["/no/such/command", "{connection_file}"];
  const spec = {
    argv,
    displayName: "gone",
    language: "x",
    interruptMode: "message",
    env: {},
    metadata: {},
    resourceDir: null,
  } as const;
  const other = await startTestServer({ kernelspecs: { gone: spec } });
  try {
    const response = await other.fetch("api/kernels", { method: "POST" });
    assert.equal(response.status, 500);
    assert.match(
      ((await response.json()) as { message: string }).message,
      /expected to run \/no\/such\/command/,
    );
    assert.deepEqual(await readdir(join(other.folder, "runtime")), []);
  } finally {
    await other.close();
  }
});

test("closing the server leaves no kernel behind", async () => {
  const other = await startTestServer();
  const manager = new KernelManager({ serverSettings: other.settings });
  const kernel = await manager.startNew({ name: "test" });
  const pid = await pidOf(kernel);
  assert.equal(isAlive(pid), true);
  manager.dispose();
  await other.close();
  assert.equal(isAlive(pid), false);
});
