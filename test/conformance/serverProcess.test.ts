import assert from "node:assert/strict";
import { once } from "node:events";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "../../kernel/server/startServer.ts";
import { asPlainUser } from "../fixtures/asPlainUser.ts";
import { serverFolder, startServerProcess } from "../fixtures/server/serverProcess.ts";
import { startTestServer } from "../fixtures/server/testServer.ts";
import { testWhere } from "../fixtures/testWhere.ts";
import { until } from "../fixtures/until.ts";

let folder: string;
before(async () => {
  folder = await serverFolder();
});
after(() => rm(folder, { recursive: true, force: true }));

const options = () => ({
  labDir: join(folder, "lab"),
  configDir: join(folder, "config"),
  log: () => undefined,
});

test("a server that exits without ceremony takes its kernels and connection files with it", async () => {
  const running = await startServerProcess(folder);
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
  await running.kill("SIGTERM");
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

test("a root that is missing or a file, and a missing build, are refused by name", async () => {
  const start = (root: string, more = {}) => startServer({ ...options(), root, port: 0, ...more });
  await assert.rejects(start(join(folder, "none")), /got .*none, which does not exist\. Create it/);
  await assert.rejects(start(process.execPath), /expected a folder to serve, got the file/);
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

testWhere(process.platform !== "win32")(
  "a file in a folder that may not be written keeps its content, and the answer says why",
  async () => {
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
  },
);
