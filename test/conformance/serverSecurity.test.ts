import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { KernelAPI } from "@jupyterlab/services";
import { WebSocket } from "ws";
import fc from "../fixtures/fastCheck.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

let host: TestServer;
const SECRET = "outside the root";

before(async () => {
  host = await startTestServer();
  await writeFile(join(host.root, "a.txt"), "inside");
  await mkdir(join(host.folder, "outside"));
  await writeFile(join(host.folder, "outside", "secret.txt"), SECRET);
});
after(() => host.close());

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A request exactly as given: unlike fetch it changes neither the path nor the Host header. */
function raw(
  path: string,
  headers: Record<string, string> = {},
  method = "GET",
  body = "",
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port: host.server.port, path, method, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => {
          text += part;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

const token = () => ({ Authorization: `token ${host.server.token}` });

/** Logs in as a browser does; gives the cookies. */
async function logIn(): Promise<{ cookie: string; xsrf: string }> {
  const first = await raw(`/lab?token=${host.server.token}`, { Accept: "text/html" });
  assert.equal(first.status, 302);
  const login = String(first.headers["set-cookie"]).split(";")[0] ?? "";
  const page = await raw("/lab", { Cookie: login });
  assert.equal(page.status, 200);
  const xsrf = /_xsrf=([^;]+)/.exec(String(page.headers["set-cookie"]))?.[1] ?? "";
  return { cookie: `${login}; _xsrf=${xsrf}`, xsrf };
}

/** The status that a WebSocket is refused with, or 101. */
function connect(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.server.port}${path}`, { headers });
    socket.on("open", () => {
      socket.close();
      resolve(101);
    });
    socket.on("unexpected-response", (_, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.on("error", reject);
  });
}

test("without the token every address but the login is refused", async () => {
  for (const path of [
    "/api/contents",
    "/api/kernels",
    "/api/sessions",
    "/api/status",
    "/files/a.txt",
    "/lab/api/settings",
    "/static/lab/main.js",
  ]) {
    const answer = await raw(path);
    assert.equal(answer.status, 403, path);
    assert.equal(typeof JSON.parse(answer.body).message, "string");
    assert.equal((await raw(path, { Authorization: "token wrong" })).status, 403, path);
  }
  assert.equal((await raw("/api/contents", token())).status, 200);
});

test("a page without the token leads to the login form, which leads back", async () => {
  const answer = await raw("/lab/tree/a.txt", { Accept: "text/html" });
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, "/login?next=%2Flab%2Ftree%2Fa.txt");
  const form = await raw(String(answer.headers.location));
  assert.equal(form.status, 200);
  assert.match(form.body, /name="next" type="hidden" value="\/lab\/tree\/a\.txt"/);
  const body = (text: string) =>
    new URLSearchParams({ token: text, next: "/lab/tree/a.txt" }).toString();
  assert.equal((await raw("/login", {}, "POST", body("wrong"))).status, 401);
  const right = await raw("/login", {}, "POST", body(host.server.token));
  assert.equal(right.status, 303);
  assert.equal(right.headers.location, "/lab/tree/a.txt");
  assert.match(String(right.headers["set-cookie"]), /HttpOnly; Path=\/; SameSite=Lax/);
  const away = await raw(
    "/login",
    {},
    "POST",
    new URLSearchParams({ token: host.server.token, next: "//evil.example/" }).toString(),
  );
  assert.equal(away.headers.location, "/lab");
});

test("the token leaves the address for a cookie that does not hold it", async () => {
  const answer = await raw(`/lab/tree/a.txt?token=${host.server.token}&reset`);
  assert.equal(answer.status, 302);
  assert.equal(answer.headers.location, "/lab/tree/a.txt?reset=");
  assert.equal(String(answer.headers["set-cookie"]).includes(host.server.token), false);
});

test("the page's configuration holds no token and its policy admits this server alone", async () => {
  const { cookie } = await logIn();
  const page = await raw("/lab/tree/a.txt", { Cookie: cookie });
  assert.equal(page.body.includes(host.server.token), false);
  const config = JSON.parse(
    /id="jupyter-config-data" type="application\/json">([^<]+)</.exec(page.body)?.[1] ?? "",
  );
  assert.equal(config.treePath, "a.txt");
  assert.equal(config.fullWorkspacesApiUrl, "/lab/api/workspaces");
  const policy = String(page.headers["content-security-policy"]);
  assert.match(policy, /script-src 'self' 'unsafe-eval' 'unsafe-inline' blob: data:;/);
  assert.match(policy, /default-src 'self'/);
});

test("a change with the cookie alone needs the XSRF header of a page of this server", async () => {
  const { cookie, xsrf } = await logIn();
  const post = (headers: Record<string, string>) =>
    raw("/api/contents/", { Cookie: cookie, ...headers }, "POST", "{}");
  assert.equal((await post({})).status, 403);
  assert.equal((await post({ "X-XSRFToken": "wrong" })).status, 403);
  const origin = `http://127.0.0.1:${host.server.port}`;
  assert.equal((await post({ "X-XSRFToken": xsrf, Origin: "http://evil.example" })).status, 403);
  assert.equal((await post({ "X-XSRFToken": xsrf, Origin: "null" })).status, 403);
  assert.equal((await post({ "X-XSRFToken": xsrf, Origin: origin })).status, 201);
});

test("another host's name in the Host header is refused, the loopback's names are not", async () => {
  for (const name of ["evil.example", "evil.example:8888", "127.0.0.1.evil.example", "a b"]) {
    const answer = await raw("/api/status", { ...token(), Host: name });
    assert.ok(answer.status === 403 || answer.status === 400, `${name}: ${answer.status}`);
  }
  for (const name of ["localhost:1", "127.0.0.1", "[::1]:8888", "vitrine.localhost"]) {
    assert.equal((await raw("/api/status", { ...token(), Host: name })).status, 200, name);
  }
});

test("a WebSocket needs the token or the cookie, and a page of this server", async () => {
  const { id } = await KernelAPI.startNew({ name: "test" }, host.settings);
  const { cookie } = await logIn();
  const path = `/api/kernels/${id}/channels`;
  const origin = `http://127.0.0.1:${host.server.port}`;
  assert.equal(await connect(path, {}), 403);
  assert.equal(await connect(`${path}?token=wrong`, {}), 403);
  assert.equal(await connect(path, { Cookie: cookie, Origin: "http://evil.example" }), 403);
  assert.equal(await connect(path, { Cookie: cookie, Origin: "null" }), 403);
  assert.equal(await connect(path, { Cookie: cookie, Origin: origin, Host: "evil.example" }), 403);
  assert.equal(await connect("/api/events/subscribe", {}), 403);
  assert.equal(await connect("/api/kernels/none/channels", { Cookie: cookie }), 404);
  assert.equal(await connect(path, { Cookie: cookie, Origin: origin }), 101);
  assert.equal(await connect(`${path}?token=${host.server.token}`, {}), 101);
  assert.equal(await connect("/api/events/subscribe", { Cookie: cookie, Origin: origin }), 101);
});

test("no path leads out of the root, however it is written", async () => {
  const part = fc.constantFrom(
    "..",
    ".",
    "%2e%2e",
    "..%2f",
    "%2e%2e%2f",
    "..%5c",
    "..\\",
    "/",
    "%2f",
    "%00",
    "outside",
    "secret.txt",
    "sub",
    "%252e%252e",
    "C:",
    "~",
  );
  const path = fc
    .array(part, { minLength: 1, maxLength: 6 })
    .map((parts) => `${parts.join("/")}/outside/secret.txt`);
  await fc.assert(
    fc.asyncProperty(
      path,
      fc.constantFrom("/files/", "/api/contents/", "/static/lab/", "/lab/api/themes/"),
      async (inside, prefix) => {
        const answer = await raw(`${prefix}${inside}`, token());
        assert.equal(answer.body.includes(SECRET), false, `${prefix}${inside}`);
        assert.ok(answer.status >= 400, `${prefix}${inside}: ${answer.status}`);
      },
    ),
    { numRuns: 150, examples: [["../../outside/secret.txt", "/lab/api/themes/"]] },
  );
});

test("links that lead outside the root are neither listed, read, written nor followed", async () => {
  await symlink(join(host.folder, "outside"), join(host.root, "door"));
  await symlink(join(host.folder, "outside", "secret.txt"), join(host.root, "window.txt"));
  const listed = await (await host.fetch("api/contents/")).text();
  assert.equal(/door|window/.test(listed), false);
  for (const path of ["door/secret.txt", "window.txt", "door"]) {
    assert.equal((await host.fetch(`api/contents/${path}`)).status, 403, path);
    assert.equal((await host.fetch(`files/${path}`)).status, 403, path);
  }
  const body = JSON.stringify({ type: "file", format: "text", content: "x" });
  assert.equal((await host.fetch("api/contents/window.txt", { method: "PUT", body })).status, 403);
  assert.equal(
    (await host.fetch("api/contents/door/new.txt", { method: "PUT", body })).status,
    403,
  );
  assert.equal(
    (
      await host.fetch("api/contents/", {
        method: "POST",
        body: JSON.stringify({ copy_from: "window.txt" }),
      })
    ).status,
    403,
  );
  const rename = { method: "PATCH", body: JSON.stringify({ path: "door/a.txt" }) };
  assert.equal((await host.fetch("api/contents/a.txt", rename)).status, 403);
  assert.equal(
    (await host.fetch("api/contents/window.txt/checkpoints", { method: "POST" })).status,
    403,
  );
});

test("the token is in no line of the log", () => {
  assert.ok(host.logged.length > 0);
  assert.equal(
    host.logged.some((line) => line.includes(host.server.token)),
    false,
  );
});

test("an upgrade to what is no address is refused, and the server lives on", async () => {
  for (const path of ["//", "*", "/a b", "http://[", "/%zz", "/\\"]) {
    const answer = await new Promise<string>((resolve) => {
      const socket = connectTcp(host.server.port, "127.0.0.1", () => {
        const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
        socket.end(head);
      });
      let text = "";
      socket.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      socket.on("close", () => resolve(text));
    });
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, path);
  }
  assert.equal((await host.fetch("api/status")).status, 200);
});
