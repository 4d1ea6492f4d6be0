import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Reply, Request } from "zeromq";
import { fileSystemError, HttpError } from "../../kernel/server/httpError.ts";
import { freePorts, newConnectionInfo } from "../../kernel/server/kernels/connectionFile.ts";
import { Heartbeat } from "../../kernel/server/kernels/heartbeat.ts";
import { jupyterDataDirs } from "../../kernel/server/kernels/jupyterPaths.ts";
import {
  KernelSpecs,
  kernelSpecModel,
  parseKernelSpec,
} from "../../kernel/server/kernels/kernelSpecs.ts";
import { pythonBeside } from "../../kernel/server/kernels/pythonBeside.ts";
import { labPageHtml } from "../../kernel/server/labPage.ts";
import { isAllowedHost, isSameOrigin } from "../../kernel/server/security/hostCheck.ts";
import { safeNextPath } from "../../kernel/server/security/safeNextPath.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

test("a full disk, a locked file and a missing one become answers that name the path and the fix", () => {
  const answer = (code: string) =>
    fileSystemError("save", "a/b.txt", Object.assign(new Error("/secret/root/a/b.txt"), { code }));
  const full = answer("ENOSPC");
  assert.ok(full instanceof HttpError);
  assert.equal(full.status, 507);
  assert.match(
    full.message,
    /^save a\/b\.txt: expected free space on the disk, got ENOSPC\. Free some space and save again/,
  );
  assert.equal((answer("EACCES") as HttpError).status, 403);
  assert.equal((answer("EROFS") as HttpError).status, 403);
  assert.equal((answer("ENOENT") as HttpError).status, 404);
  assert.equal((answer("EACCES") as HttpError).message.includes("/secret"), false);
  const unknown = answer("EWEIRD");
  assert.equal(unknown instanceof HttpError, false, "what is not known is not explained away");
});

test("hosts: loopback names for a loopback server, any name for one that listens elsewhere", () => {
  for (const host of ["localhost", "127.0.0.1:80", "127.8.8.8", "[::1]:9", "a.localhost"])
    assert.ok(isAllowedHost(host, "127.0.0.1"), host);
  for (const host of [
    undefined,
    null,
    "",
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "a@b",
    "127.0.0.1:x",
  ]) {
    assert.equal(isAllowedHost(host, "127.0.0.1"), false, String(host));
  }
  assert.ok(isAllowedHost("host.example:8888", "0.0.0.0"));
});

test("origins: none, or the very host and port", () => {
  assert.ok(isSameOrigin(undefined, "localhost:1"));
  assert.ok(isSameOrigin("http://localhost:1", "localhost:1"));
  for (const origin of [
    "http://localhost:2",
    "http://127.0.0.1:1",
    "null",
    "file://",
    "http://localhost:1.evil",
    "",
  ]) {
    assert.equal(isSameOrigin(origin, "localhost:1"), false, origin);
  }
});

test("after login the way leads to a path of this server alone", () => {
  assert.equal(safeNextPath("/lab/tree/a?b=c#d", "/lab"), "/lab/tree/a?b=c#d");
  for (const next of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/..//evil.example",
    "/lab/..//evil.example/lab",
    "",
    null,
    undefined,
  ]) {
    assert.equal(safeNextPath(next, "/lab"), "/lab", String(next));
  }
});

test("the page's configuration cannot end its own script element", () => {
  const html = labPageHtml({ treePath: "</script><script>alert(1)</script>" });
  assert.equal(html.includes("<script>alert"), false);
});

test("kernelspecs are found in Jupyter's folders, broken ones are left out and reported", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "vitrine-specs-"));
  const logged: string[] = [];
  const write = async (name: string, text: string) => {
    await mkdir(join(dataDir, "kernels", name), { recursive: true });
    await writeFile(join(dataDir, "kernels", name, "kernel.json"), text);
  };
  await write(
    "Good",
    '{"argv": ["x"], "display_name": "Good", "language": "l", "interrupt_mode": "message"}',
  );
  await writeFile(join(dataDir, "kernels", "Good", "logo-64x64.png"), "");
  await write("broken", "{");
  await write("argless", '{"display_name": "x"}');
  await mkdir(join(dataDir, "kernels", "empty"));
  const own = parseKernelSpec('{"argv": ["own"]}', null);
  const specs = new KernelSpecs({
    own: { mine: own },
    dataDirs: [join(dataDir, "missing"), dataDir],
    log: (_, line) => logged.push(line),
  });
  const all = await specs.all();
  assert.deepEqual([...all.keys()], ["mine", "good"]);
  assert.equal(specs.defaultName, "mine");
  const good = all.get("good");
  assert.equal(good?.interruptMode, "message");
  assert.equal(own.interruptMode, "signal", "Jupyter's default");
  assert.deepEqual((await kernelSpecModel("good", good!, "/")).resources, {
    "logo-64x64": "/kernelspecs/good/logo-64x64.png",
  });
  assert.equal(logged.length, 2);
  assert.match(logged.join("\n"), /expected argv to be a list of strings/);
  await rm(dataDir, { recursive: true });
});

testWhere(process.platform !== "win32")(
  "python in a kernelspec is the Python of its own environment, where there is one",
  async () => {
    const prefix = await mkdtemp(join(tmpdir(), "vitrine-prefix-"));
    const spec = join(prefix, "share", "jupyter", "kernels", "python3");
    await mkdir(join(prefix, "bin"), { recursive: true });
    assert.equal(pythonBeside("python", spec), "python", "none is there");
    await writeFile(join(prefix, "bin", "python3"), "");
    assert.equal(pythonBeside("python", spec), join(prefix, "bin", "python3"));
    assert.equal(pythonBeside("python3.11", spec), join(prefix, "bin", "python3"));
    assert.equal(pythonBeside("/usr/bin/python", spec), "/usr/bin/python");
    assert.equal(pythonBeside("deno", spec), "deno");
    assert.equal(pythonBeside("python", null), "python");
    assert.equal(pythonBeside("python", join(prefix, "elsewhere", "kernels", "x")), "python");
    await rm(prefix, { recursive: true });
  },
);

test("the folders of JUPYTER_PATH come first", () => {
  const old = process.env.JUPYTER_PATH;
  process.env.JUPYTER_PATH = join(tmpdir(), "jupyter-path");
  try {
    assert.equal(jupyterDataDirs()[0], join(tmpdir(), "jupyter-path"));
    assert.ok(jupyterDataDirs().length >= 3);
  } finally {
    if (old === undefined) delete process.env.JUPYTER_PATH;
    else process.env.JUPYTER_PATH = old;
  }
});

test("free ports are different, and none is one that systems give to outgoing connections", async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) assert.ok(port >= 16_384 && port < 32_768, `${port}`);
});

/** Lets the heartbeat go round at least so many times. */
async function rounds(count: () => number, more: number): Promise<void> {
  const end = count() + more;
  await until("heartbeats", () => count() >= end);
}

test("a heartbeat that stops is reported once, and again after it came back", async () => {
  let isAnswered = true;
  let pings = 0;
  const send = mock.method(Request.prototype, "send", async () => void pings++);
  const receive = mock.method(Request.prototype, "receive", async () => {
    if (!isAnswered) throw Object.assign(new Error("nothing came in time"), { code: "EAGAIN" });
    return [];
  });
  let silences = 0;
  const times = { intervalMs: 1, silenceMs: 100 };
  const heartbeat = new Heartbeat(await newConnectionInfo(), () => silences++, times);
  try {
    await rounds(() => pings, 4);
    assert.equal(silences, 0);
    for (const expected of [1, 2]) {
      isAnswered = false;
      await rounds(() => pings, 5);
      assert.equal(silences, expected, "once per silence");
      isAnswered = true;
      await rounds(() => pings, 3);
      assert.equal(silences, expected);
    }
  } finally {
    heartbeat.close();
    await turn();
    send.mock.restore();
    receive.mock.restore();
  }
  assert.equal(silences, 2, "its own end is none");
});

test("a heartbeat goes to the kernel's socket, and its end is a silence", async () => {
  const info = await newConnectionInfo();
  const reply = new Reply({ linger: 0 });
  await reply.bind(`tcp://127.0.0.1:${info.hb_port}`);
  let [beats, silences] = [0, 0];
  const answering = (async () => {
    for await (const frames of reply) {
      beats++;
      await reply.send(frames);
    }
  })();
  const heartbeat = new Heartbeat(info, () => silences++, { intervalMs: 10, silenceMs: 100 });
  await rounds(() => beats, 4);
  reply.close();
  await answering;
  await until("a silence", () => silences > 0);
  heartbeat.close();
});
