import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { removePassword, storePassword } from "../../kernel/server/security/passwordFile.ts";
import { selfSigned } from "../fixtures/server/selfSigned.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

const PASSWORD = "correct horse";
const TOMORROW = () => new Date(Date.now() + 86_400_000);

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "vitrine-login-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const logIn = (host: TestServer, secret: string): Promise<Response> =>
  fetch(new URL("/login", host.server.baseUrl), {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ token: secret, next: "/lab" }),
  });

test("a password opens the login page beside the token, and nothing else", async () => {
  const host = await startTestServer({ password: PASSWORD });
  try {
    const page = await (await fetch(new URL("/login", host.server.baseUrl))).text();
    assert.match(page, />Password or token</);
    const answer = await logIn(host, PASSWORD);
    assert.equal(answer.status, 303);
    const cookie = answer.headers.get("set-cookie") ?? "";
    assert.match(cookie, /; HttpOnly; Path=\/; SameSite=Lax$/);
    const headers = { Cookie: cookie.split(";")[0] ?? "" };
    const status = new URL("/api/status", host.server.baseUrl);
    assert.equal((await fetch(status, { headers })).status, 200);
    assert.equal((await logIn(host, host.server.token)).status, 303);
    assert.equal(
      (await fetch(status, { headers: { Authorization: `token ${PASSWORD}` } })).status,
      403,
    );
    assert.equal(host.logged.join("\n").includes(PASSWORD), false);
  } finally {
    await host.close();
  }
});

test("after five wrong logins an address must wait, even with the right one", async () => {
  const host = await startTestServer({ password: PASSWORD });
  try {
    const statuses = await Promise.all(
      ["1", "2", "3", "4", "5"].map(async (guess) => (await logIn(host, `wrong ${guess}`)).status),
    );
    assert.deepEqual(statuses, [401, 401, 401, 401, 401]);
    const refused = await logIn(host, PASSWORD);
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
    assert.match(await refused.text(), /Too many wrong tries from this address\. Wait \d+ s\./);
    const [line] = host.logged.filter((each) => each.includes("login:"));
    assert.match(line ?? "", /^warn login: expected the password or the token, got another from /);
    assert.equal(host.logged.join("\n").includes("wrong 1"), false);
  } finally {
    await host.close();
  }
});

const cookieOf = (answer: Response): string =>
  answer.headers.get("set-cookie")?.split(";")[0] ?? "";

/** A WebSocket that stays open; resolves once it is. */
async function openSocket(host: TestServer, headers: Record<string, string>): Promise<WebSocket> {
  const address = new URL("/api/events/subscribe", host.server.baseUrl.replace("http", "ws"));
  const socket = new WebSocket(address, { headers });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

test("a logout ends the login of its cookie and no other, its WebSockets too, and after a restart still", async () => {
  const configDir = join(folder, "logout");
  const token = "a token that stays the same";
  const first = await startTestServer({ configDir, token });
  const { port } = first.server;
  const status = async (Cookie: string): Promise<number> =>
    (await fetch(new URL("/api/status", first.server.baseUrl), { headers: { Cookie } })).status;
  const [ended, kept] = [cookieOf(await logIn(first, token)), cookieOf(await logIn(first, token))];
  try {
    assert.notEqual(ended, kept);
    const [going, staying] = [
      await openSocket(first, { Cookie: ended }),
      await openSocket(first, { Cookie: kept }),
    ];
    const closed = once(going, "close");
    const headers = { Cookie: ended };
    const answer = await fetch(new URL("/logout", first.server.baseUrl), {
      headers,
      redirect: "manual",
    });
    assert.equal(answer.headers.get("location"), "/login");
    assert.equal((await closed)[0], 1008);
    assert.equal(await status(ended), 403);
    assert.equal(await status(kept), 200);
    assert.equal(staying.readyState, WebSocket.OPEN);
  } finally {
    await first.close();
  }
  const second = await startTestServer({ configDir, token, port });
  try {
    assert.equal(await status(ended), 403);
    assert.equal(await status(kept), 200);
  } finally {
    await second.close();
  }
});

test("tokens guessed in requests count as wrong logins, wherever they stand", async () => {
  const host = await startTestServer();
  try {
    const address = new URL("/api/status", host.server.baseUrl);
    const withToken = async (text: string): Promise<Response> =>
      await fetch(address, { headers: { Authorization: `token ${text}` } });
    const cookie = cookieOf(await logIn(host, host.server.token));
    for (let again = 0; again < 20; again++)
      assert.equal((await withToken("old")).status, 403, "the same is no new guess");
    assert.equal((await withToken("2")).status, 403);
    assert.equal((await fetch(`${address}?token=3`)).status, 403);
    await assert.rejects(openSocket(host, { Authorization: "token 4" }), /403/);
    assert.equal((await logIn(host, "5")).status, 401);
    const refused = await withToken(host.server.token);
    assert.equal(refused.status, 429);
    assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
    assert.match(((await refused.json()) as { message: string }).message, /Wait \d+ s\.$/);
    assert.equal((await fetch(`${address}?token=${host.server.token}`)).status, 429);
    await assert.rejects(openSocket(host, { Authorization: "token 6" }), /429/);
    assert.equal((await logIn(host, host.server.token)).status, 429);
    assert.equal((await fetch(address, { headers: { Cookie: cookie } })).status, 200);
  } finally {
    await host.close();
  }
});

test("the kept password is a scrypt hash that its owner alone can read, and opens the next server", async () => {
  const configDir = join(folder, "config");
  const file = await storePassword(PASSWORD, configDir);
  const text = await readFile(file, "utf8");
  assert.match(text, /^scrypt:65536:8:1:[\w-]{22}:[\w-]{43}\n$/);
  if (process.platform !== "win32") assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.notEqual(text, await readFile(await storePassword(PASSWORD, configDir), "utf8"));
  const host = await startTestServer({ configDir });
  try {
    assert.equal((await logIn(host, PASSWORD)).status, 303);
    assert.equal((await logIn(host, "something else")).status, 401);
  } finally {
    await host.close();
  }
  await writeFile(file, "plain text\n");
  await assert.rejects(
    startTestServer({ configDir }),
    /expected the hash of a password in .*password/,
  );
  assert.equal(await removePassword(configDir), true);
  assert.equal(await removePassword(configDir), false);
  await assert.rejects(
    storePassword("short", configDir),
    /password: expected at least 8 characters, got 5/,
  );
});

interface TlsAnswer {
  readonly status: number;
  readonly cookies: string;
}

function tlsRequest(url: URL, cert: string, headers = {}): Promise<TlsAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { ca: cert, headers: { Accept: "text/html", ...headers } },
      (answer) => {
        answer.resume();
        const cookies = (answer.headers["set-cookie"] ?? []).join("\n");
        resolve({ status: answer.statusCode ?? 0, cookies });
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

test("with a certificate the server speaks HTTPS and secure WebSockets alone, and its cookies are Secure", async () => {
  const { cert, key } = selfSigned(TOMORROW());
  const tls = { certfile: join(folder, "cert.pem"), keyfile: join(folder, "key.pem") };
  await writeFile(tls.certfile, cert);
  await writeFile(tls.keyfile, key);
  const host = await startTestServer({ tls });
  try {
    assert.match(host.server.url, /^https:\/\/127\.0\.0\.1:\d+\/lab\?token=/);
    const login = await tlsRequest(new URL(host.server.url), cert);
    assert.equal(login.status, 302);
    assert.match(login.cookies, /; HttpOnly; Path=\/; SameSite=Lax; Secure$/);
    const Cookie = login.cookies.split(";")[0] ?? "";
    const page = await tlsRequest(new URL("/lab", host.server.baseUrl), cert, { Cookie });
    assert.equal(page.status, 200);
    assert.match(page.cookies, /^_xsrf=\w+; Path=\/; SameSite=Lax; Secure$/);
    const address = new URL("/api/events/subscribe", host.server.baseUrl.replace("https", "wss"));
    const socket = new WebSocket(address, {
      ca: cert,
      headers: { Cookie, Origin: host.server.baseUrl.slice(0, -1) },
    });
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    socket.close();
    await assert.rejects(fetch(host.server.baseUrl.replace("https", "http")));
  } finally {
    await host.close();
  }
});

test("certificates that cannot serve are refused by name", async () => {
  const [one, other, old] = [
    selfSigned(TOMORROW()),
    selfSigned(TOMORROW()),
    selfSigned(new Date(1e12)),
  ];
  const [certfile, keyfile] = [join(folder, "c.pem"), join(folder, "k.pem")];
  const start = async (cert: string, key: string) => {
    await writeFile(certfile, cert);
    await writeFile(keyfile, key);
    return await startTestServer({ tls: { certfile, keyfile } });
  };
  await assert.rejects(
    start(one.cert, other.key),
    /expected .*c\.pem and .*k\.pem to be a certificate and its key/,
  );
  await assert.rejects(start(old.cert, old.key), /got one that ended on Sep {2}9 01:46:40 2001/);
  await assert.rejects(
    startTestServer({ tls: { certfile: join(folder, "none.pem"), keyfile } }),
    /expected --certfile to name a certificate, got .*none\.pem \(ENOENT\)/,
  );
});

test("other computers are let in only when asked, and never by a token that can be guessed", async (t) => {
  const outer = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.internal === false && each.family === "IPv4")?.address;
  await assert.rejects(
    startTestServer({ ip: "0.0.0.0", token: "guess me" }),
    /expected a token of at least 16 characters where other computers can reach it, got 8/,
  );
  if (outer === undefined) {
    t.diagnostic("this computer has no other address");
    return;
  }
  const inner = await startTestServer();
  const open = await startTestServer({ ip: "0.0.0.0" });
  try {
    await assert.rejects(fetch(`http://${outer}:${inner.server.port}/api`));
    const address = `http://${outer}:${open.server.port}/api/status`;
    assert.equal((await fetch(address)).status, 403);
    const headers = { Authorization: `token ${open.server.token}` };
    assert.equal((await fetch(address, { headers })).status, 200);
  } finally {
    await inner.close();
    await open.close();
  }
});
