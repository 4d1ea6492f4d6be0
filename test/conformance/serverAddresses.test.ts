import assert from "node:assert/strict";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  writeFile,
} from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket } from "ws";
import { startServer } from "../../kernel/server/startServer.ts";
import { asPlainUser } from "../fixtures/asPlainUser.ts";
import { startTestServer, type TestServer, writeLabDir } from "../fixtures/server/testServer.ts";
import { testWhere } from "../fixtures/testWhere.ts";

/** The first line of what a server answers to a request whose target is written as given. */
function answerTo(host: TestServer, target: string, method = "GET"): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port, token } = host.server;
    const socket = connect(port, "127.0.0.1", () => {
      const head = [`${method} ${target} HTTP/1.1`, `Host: 127.0.0.1:${port}`];
      head.push(`Authorization: token ${token}`, "Connection: close");
      socket.end(`${head.join("\r\n")}\r\n\r\n`);
    });
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    socket.on("close", () => resolve(text.split("\r\n")[0] ?? ""));
    socket.on("error", reject);
  });
}

test("request targets that are no path of this server are answered with 400", async () => {
  const host = await startTestServer();
  try {
    for (const target of [
      "*",
      "//",
      "//evil.example/lab",
      "/\\evil.example/lab",
      "\\",
      "lab",
      "?a",
      "http://evil.example/lab",
      "https://evil.example",
      "http://",
      "ftp://127.0.0.1/",
      "127.0.0.1:80",
      "/api/contents/%zz",
      "/api/contents/%c3%28",
    ])
      for (const method of ["GET", "OPTIONS"]) {
        if (target.includes("%") && method === "OPTIONS") continue; // no such route
        assert.equal(await answerTo(host, target, method), "HTTP/1.1 400 Bad Request", target);
      }
    const { port } = host.server;
    assert.equal(await answerTo(host, `http://127.0.0.1:${port}/api/status`), "HTTP/1.1 200 OK");
  } finally {
    await host.close();
  }
});

test("JSON that is nested too deep is refused, in a request and in a notebook", async () => {
  const host = await startTestServer();
  try {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    const cell = (depth: number) =>
      `{"cell_type":"code","id":"a","execution_count":null,"outputs":[],"source":"","metadata":{"deep":${nested(depth)}}}`;
    const notebook = (depth: number) =>
      `{"cells":[${cell(depth)}],"metadata":{},"nbformat":4,"nbformat_minor":5}`;
    const save = async (depth: number) => {
      const body = `{"type":"notebook","content":${notebook(depth)}}`;
      return await host.fetch("api/contents/a.ipynb", { method: "PUT", body });
    };
    assert.equal((await save(100)).status, 201);
    for (const depth of [1000, 200_000]) {
      const refused = await save(depth);
      assert.equal(refused.status, 400, `${depth}`);
      const { message } = (await refused.json()) as { message: string };
      assert.match(message, /at most 500 lists and objects in one another/);
      await writeFile(join(host.root, "deep.ipynb"), notebook(depth));
      assert.equal((await host.fetch("api/contents/deep.ipynb")).status, 400, `${depth}`);
      const config = await host.fetch("api/config/x", {
        method: "PATCH",
        body: `{"a":${nested(depth)}}`,
      });
      assert.equal(config.status, 400, `${depth}`);
    }
  } finally {
    await host.close();
  }
});

test("below a base path everything is where it says, and nothing above it", async () => {
  for (const baseUrl of ["team/vitrine", "/team/vitrine", "/team/vitrine/"]) {
    const host = await startTestServer({ baseUrl });
    try {
      const { url, baseUrl: printed, port, token } = host.server;
      assert.equal(printed, `http://127.0.0.1:${port}/team/vitrine/`);
      assert.equal(url, `${printed}lab?token=${token}`);
      const get = (path: string, headers: Record<string, string> = {}) =>
        fetch(new URL(path, printed), { redirect: "manual", headers });
      assert.equal(
        (await get("lab")).headers.get("location"),
        "/team/vitrine/login?next=%2Fteam%2Fvitrine%2Flab",
      );
      const login = await get(`lab?token=${token}`);
      assert.equal(login.headers.get("location"), "/team/vitrine/lab");
      assert.match(login.headers.get("set-cookie") ?? "", /; Path=\/team\/vitrine\/;/);
      const Cookie = login.headers.get("set-cookie")?.split(";")[0] ?? "";
      const page = await (await get("lab", { Cookie })).text();
      assert.match(page, /src="\/team\/vitrine\/static\/lab\/main\.js"/);
      const config = JSON.parse(/application\/json">([^<]+)</.exec(page)?.[1] ?? "");
      assert.equal(config.baseUrl, "/team/vitrine/");
      assert.equal(config.fullSettingsUrl, "/team/vitrine/lab/api/settings");
      assert.equal((await get("static/lab/main.js", { Cookie })).status, 200);
      assert.match(await (await get("login")).text(), /action="\/team\/vitrine\/login"/);
      assert.equal((await get("logout", {})).headers.get("location"), "/team/vitrine/login");
      for (const path of ["/", "/team/vitrine", "/team/vitrine?a=b"])
        assert.match(
          (await get(path)).headers.get("location") ?? "",
          /^\/team\/vitrine\/(?:\?a=b)?$/,
        );
      for (const path of ["/lab", "/api", "/team", "/team/vitrinely/lab", "/team/api"])
        assert.equal((await get(path, { Cookie })).status, 404, path);
      const made = await host.fetch("api/contents", { method: "POST", body: '{"type":"file"}' });
      assert.equal(made.headers.get("location"), "/team/vitrine/api/contents/untitled");
      const kernel = await host.fetch("api/kernels", { method: "POST", body: '{"name":"test"}' });
      const { id } = (await kernel.json()) as { id: string };
      assert.equal(kernel.headers.get("location"), `/team/vitrine/api/kernels/${id}`);
      const socketOn = (path: string) =>
        new Promise<number>((resolve) => {
          const socket = new WebSocket(new URL(path, printed.replace("http", "ws")), {
            headers: { Cookie },
          });
          socket.on("open", () => {
            socket.close();
            resolve(101);
          });
          socket.on("unexpected-response", (_, { statusCode }) => resolve(statusCode ?? 0));
          socket.on("error", () => undefined);
        });
      assert.equal(await socketOn(`api/kernels/${id}/channels`), 101);
      assert.equal(await socketOn(`/api/kernels/${id}/channels`), 404);
    } finally {
      await host.close();
    }
  }
  await assert.rejects(startTestServer({ baseUrl: "/a/../b" }), /expected --base-url to be a path/);
});

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");
testWhere(hasIpv6)(
  "both loopbacks are listened on, so that localhost leads here by either",
  async () => {
    const host = await startTestServer();
    const only = await startTestServer({ ip: "::1" });
    try {
      const ask = async ({ server }: TestServer, name: string): Promise<number> => {
        const headers = { Authorization: `token ${server.token}` };
        return (await fetch(`http://${name}:${server.port}/api/status`, { headers })).status;
      };
      for (const name of ["127.0.0.1", "[::1]", "localhost"])
        assert.equal(await ask(host, name), 200, name);
      assert.equal(await ask(only, "[::1]"), 200);
      assert.match(only.server.baseUrl, /^http:\/\/\[::1\]:\d+\/$/);
    } finally {
      await host.close();
      await only.close();
    }
  },
);

testWhere(process.platform !== "win32")(
  "a root that may only be read can be looked at, and what comes with Vitrine is opened as a temporary copy",
  async () => {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "vitrine-locked-")));
    const [root, labDir, notebooksDir, configDir] = ["root", "lab", "notebooks", "config"].map(
      (name) => join(folder, name),
    ) as [string, string, string, string];
    for (const each of [root, notebooksDir, configDir]) await mkdir(each);
    await writeLabDir(labDir);
    await writeFile(join(root, "a.txt"), "to be read");
    const cells = [{ cell_type: "markdown", id: "a", metadata: {}, source: "# A first *look*" }];
    const shipped = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
    await writeFile(join(notebooksDir, "first.ipynb"), JSON.stringify(shipped));
    await Promise.all([chmod(folder, 0o755), chmod(root, 0o555), chmod(configDir, 0o777)]);
    try {
      await asPlainUser(async () => {
        const server = await startServer({
          root,
          labDir,
          notebooksDir,
          configDir,
          port: 0,
          installedKernelspecs: false,
          kernelspecs: {
            none: {
              argv: ["none"],
              displayName: "none",
              language: "none",
              interruptMode: "signal",
              env: {},
              metadata: {},
              resourceDir: null,
            },
          },
          log: () => undefined,
        });
        const ask = async (path: string, init: RequestInit = {}) => {
          const headers = { Authorization: `token ${server.token}` };
          return await fetch(new URL(path, server.baseUrl), { ...init, headers });
        };
        try {
          // Who started the process is what is asked for, and that is root where it only acts as another.
          assert.equal(server.isWritable, process.getuid?.() === 0);
          const model = (await (await ask("api/contents/a.txt")).json()) as Record<string, unknown>;
          assert.equal(model.content, "to be read");
          assert.equal(await (await ask("files/a.txt")).text(), "to be read");
          assert.equal((await ask("lab")).status, 200);
          const body = JSON.stringify({ type: "file", format: "text", content: "x" });
          assert.equal((await ask("api/contents/b.txt", { method: "PUT", body })).status, 403);
          const list = await (await ask("api/vitrine/notebooks")).json();
          assert.deepEqual(list, [{ name: "first.ipynb", title: "A first *look*" }]);
          const opened = await ask("api/vitrine/notebooks/first.ipynb", { method: "POST" });
          assert.deepEqual(await opened.json(), { path: "first.ipynb", isTemporary: true });
          const copy = await ask("api/vitrine/contents/first.ipynb");
          assert.equal(((await copy.json()) as { type: string }).type, "notebook");
          assert.equal((await ask("api/vitrine/contents/a.txt")).status, 404);
          const save = {
            method: "PUT",
            body: JSON.stringify({ type: "notebook", content: shipped }),
          };
          assert.equal((await ask("api/vitrine/contents/first.ipynb", save)).status, 200);
          assert.deepEqual(await readdir(root), ["a.txt"]);
        } finally {
          await server.close();
        }
      });
    } finally {
      await chmod(root, 0o755);
      await rm(folder, { recursive: true, force: true });
    }
  },
);

test("a notebook that comes with Vitrine is copied once, and what became of the copy stays", async () => {
  const notebooksDir = await mkdtemp(join(tmpdir(), "vitrine-shipped-"));
  const text = JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 });
  await writeFile(join(notebooksDir, "first.ipynb"), text);
  const host = await startTestServer({ notebooksDir });
  try {
    await mkdir(join(host.root, "sub"));
    const open = async (name: string, folder: string) =>
      await host.fetch(`api/vitrine/notebooks/${name}`, {
        method: "POST",
        body: JSON.stringify({ folder }),
      });
    const opened = await (await open("first.ipynb", "sub")).json();
    assert.deepEqual(opened, { path: "sub/first.ipynb", isTemporary: false });
    const copy = join(host.root, "sub", "first.ipynb");
    assert.equal(await readFile(copy, "utf8"), text);
    await writeFile(copy, "changed");
    await (await open("first.ipynb", "sub")).json();
    assert.equal(await readFile(copy, "utf8"), "changed");
    for (const name of ["none.ipynb", "..%2Ffirst.ipynb"])
      assert.equal((await open(name, "")).status, 404, name);
    assert.equal((await open("first.ipynb", "../..")).status, 404);
  } finally {
    await host.close();
    await rm(notebooksDir, { recursive: true, force: true });
  }
});
