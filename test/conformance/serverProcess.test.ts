import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "../../kernel/server/startServer.ts";
import { startTestServer, until, writeLabDir } from "../fixtures/server/testServer.ts";

const RUN_SERVER = fileURLToPath(new URL("../fixtures/server/runServer.ts", import.meta.url));

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-process-"));
  await mkdir(join(folder, "root"));
  await writeLabDir(join(folder, "lab"));
});
after(() => rm(folder, { recursive: true, force: true }));

interface Running {
  readonly child: ChildProcess;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

async function runServer(): Promise<Running> {
  const child = spawn(process.execPath, ["--import", "tsx", RUN_SERVER, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const { baseUrl, token } = JSON.parse(line.toString()) as { baseUrl: string; token: string };
  const headers = { Authorization: `token ${token}` };
  return { child, fetch: (path, init) => fetch(new URL(path, baseUrl), { ...init, headers }) };
}

const options = () => ({
  labDir: join(folder, "lab"),
  configDir: join(folder, "config"),
  log: () => undefined,
});

test("a server killed in the middle of saving leaves the old file or the new one, whole", async () => {
  const file = join(folder, "root", "big.txt");
  const version = (index: number) => `${index}\n${`${index % 10}`.repeat(3_000_000)}\n${index}\n`;
  await writeFile(file, version(0));
  let stopped = 0;
  for (let round = 0; round < 4; round++) {
    const running = await runServer();
    const saves = (async () => {
      for (let index = 1; ; index++) {
        const body = JSON.stringify({ type: "file", format: "text", content: version(index) });
        await running.fetch("api/contents/big.txt", { method: "PUT", body });
      }
    })();
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 200));
    running.child.kill("SIGKILL");
    await assert.rejects(saves);
    stopped++;
    const text = await readFile(file, "utf8");
    assert.equal(text, version(Number.parseInt(text, 10)), "one version from start to end");
  }
  assert.equal(stopped, 4);
  const last = await runServer();
  const body = JSON.stringify({ type: "file", format: "text", content: "end" });
  assert.equal((await last.fetch("api/contents/big.txt", { method: "PUT", body })).status, 200);
  last.child.kill("SIGKILL");
  assert.deepEqual(
    await readdir(join(folder, "root")),
    ["big.txt"],
    "what killed servers left was swept",
  );
});

test("a server that exits without ceremony takes its kernels and connection files with it", async () => {
  const running = await runServer();
  const { id } = (await (await running.fetch("api/kernels", { method: "POST" })).json()) as {
    id: string;
  };
  const state = async () =>
    ((await (await running.fetch(`api/kernels/${id}`)).json()) as { execution_state: string })
      .execution_state;
  await until("an idle kernel", async () => (await state()) === "idle");
  assert.equal(
    (await readdir(join(folder, "runtime"))).filter((name) => name.includes(id)).length,
    1,
  );
  running.child.kill("SIGTERM");
  await once(running.child, "exit");
  assert.deepEqual(await readdir(join(folder, "runtime")), []);
});

test("a port in use is refused with the fix when it was asked for", async () => {
  const blocker = createServer().listen(0, "127.0.0.1");
  await once(blocker, "listening");
  const { port } = blocker.address() as { port: number };
  await assert.rejects(startServer({ ...options(), root: join(folder, "root"), port }), {
    code: "ERR_SERVER",
    message: `start server: expected port ${port} to be free, got one in use. Stop the program that uses it, or choose another with --port.`,
  });
  blocker.close();
});

test("without a port the next free one is taken", async () => {
  const [first, second] = await Promise.all(
    [0, 1].map(async () => await startServer({ ...options(), root: join(folder, "root") })),
  );
  assert.notEqual(first?.port, second?.port);
  assert.ok((first?.port ?? 0) >= 8888);
  await Promise.all([first?.close(), second?.close()]);
});

test("a root that is missing, a file or not writable, and a missing build, are refused by name", async () => {
  const start = (root: string, more = {}) => startServer({ ...options(), root, port: 0, ...more });
  await assert.rejects(start(join(folder, "none")), /got .*none, which does not exist\. Create it/);
  await assert.rejects(start(RUN_SERVER), /expected a folder to serve, got the file/);
  await assert.rejects(
    start(join(folder, "root"), { labDir: folder }),
    /expected a JupyterLab build in .* npm run build/,
  );
  await assert.rejects(
    start(join(folder, "root"), { token: "" }),
    /expected a token, got an empty one/,
  );
  await assert.rejects(
    start(join(folder, "root"), { ip: "203.0.113.1" }),
    /expected an address of this computer, got 203\.0\.113\.1/,
  );
});

/** Runs `action` as a user to whom permissions apply: root passes them all. */
async function asPlainUser<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return await action();
  process.seteuid?.(65534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}

test("a file in a folder that may not be written keeps its content, and the answer says why", {
  skip: process.platform === "win32" && "Windows has no modes",
}, async () => {
  const host = await startTestServer();
  try {
    const locked = join(host.root, "locked");
    await mkdir(locked);
    await writeFile(join(locked, "a.txt"), "old");
    await Promise.all([
      chmod(host.folder, 0o755),
      chmod(host.root, 0o755),
      chmod(locked, 0o555),
      chmod(join(locked, "a.txt"), 0o444),
    ]);
    const body = JSON.stringify({ type: "file", format: "text", content: "new" });
    await asPlainUser(async () => {
      for (const path of ["locked/a.txt", "locked/b.txt"]) {
        const response = await host.fetch(`api/contents/${path}`, { method: "PUT", body });
        assert.equal(response.status, 403);
        assert.match(
          ((await response.json()) as { message: string }).message,
          new RegExp(`^save ${path}: expected permission, got EACCES`),
        );
      }
      assert.equal(
        (await host.fetch("api/contents/locked", { method: "POST", body: "{}" })).status,
        403,
      );
    });
    assert.equal(await readFile(join(locked, "a.txt"), "utf8"), "old");
    assert.deepEqual(await readdir(locked), ["a.txt"]);
    await chmod(locked, 0o755);
  } finally {
    await host.close();
  }
});
