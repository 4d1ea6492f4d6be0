import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import {
  add,
  Finding,
  type FuzzTarget,
  HANG_MS,
  inBatches,
  type Tally,
  withinTime,
} from "./fuzzTarget.ts";
import { changes, jsonMutation, mutated, nastyText } from "./mutations.ts";
import { type ServerVictim, startLab } from "./victims.ts";

const BATCH = 1000;
const CONCURRENCY = 32;
/** Outside the served folder: no answer may hold it, nothing may change it. */
const OUTSIDE = "the-canary-outside-the-root";
/** Inside it: nobody without the token may read it. */
const INSIDE = "the-secret-inside-the-root";
const ID = "3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c";

interface Template {
  readonly method: string;
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const CELL = { cell_type: "code", id: "a", metadata: {}, source: "1", outputs: [] };
const NOTEBOOK = { cells: [CELL], metadata: {}, nbformat: 4, nbformat_minor: 5 };
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

const TEMPLATES: readonly Template[] = [
  { method: "GET", path: "/api" },
  { method: "GET", path: "/api/status" },
  { method: "GET", path: "/api/contents/a.txt?content=1&hash=1&type=file&format=text" },
  { method: "GET", path: "/api/contents/folder" },
  { method: "GET", path: "/api/contents/n.ipynb" },
  { method: "GET", path: "/api/contents/door/canary.txt" },
  { method: "GET", path: "/api/contents/../outside/canary.txt" },
  { method: "GET", path: "/files/../outside/canary.txt" },
  { method: "GET", path: "/files/door/canary.txt" },
  { method: "GET", path: "/files/window.txt" },
  { method: "GET", path: "/files/a.txt", headers: { Range: "bytes=0-5", "If-Range": '"x"' } },
  { method: "HEAD", path: "/files/a.txt?download=1" },
  { method: "GET", path: "/static/lab/../../outside/canary.txt" },
  { method: "GET", path: "/lab/api/themes/../../../../outside/canary.txt" },
  { method: "GET", path: "/lab/api/settings/@jupyterlab/apputils-extension:themes" },
  { method: "GET", path: "/lab/api/workspaces/default" },
  { method: "GET", path: "/lab/tree/folder/b.txt" },
  { method: "GET", path: "/lab/workspaces/x/tree/a.txt?token=no" },
  { method: "GET", path: "/kernelspecs/vitrine/logo-64x64.png" },
  { method: "GET", path: "/kernelspecs/../../outside/canary.txt" },
  { method: "GET", path: "/api/resolvePath?path=../outside/canary.txt" },
  { method: "GET", path: "/api/contents/a.txt/checkpoints" },
  { method: "POST", path: "/api/contents/a.txt/checkpoints" },
  { method: "POST", path: "/api/contents/a.txt/checkpoints/checkpoint" },
  { method: "POST", path: "/api/contents/n.ipynb/trust" },
  { method: "POST", path: "/api/contents", body: { type: "file", ext: ".txt" } },
  { method: "POST", path: "/api/contents/folder", body: { copy_from: "a.txt" } },
  { method: "POST", path: "/api/contents", body: { copy_from: "../outside/canary.txt" } },
  {
    method: "PUT",
    path: "/api/contents/new.txt",
    body: { type: "file", format: "text", content: "new" },
  },
  {
    method: "PUT",
    path: "/api/contents/window.txt",
    body: { type: "file", format: "text", content: "through" },
  },
  {
    method: "PUT",
    path: "/api/contents/up.bin",
    body: { type: "file", format: "base64", content: "AAAA", chunk: 1 },
  },
  {
    method: "PUT",
    path: "/api/contents/n.ipynb",
    body: { type: "notebook", format: "json", content: NOTEBOOK },
  },
  { method: "PUT", path: "/api/contents/door/new", body: { type: "directory" } },
  { method: "PATCH", path: "/api/contents/a.txt", body: { path: "../outside/a.txt" } },
  { method: "PATCH", path: "/api/contents/a.txt", body: { path: "folder/c.txt" } },
  { method: "DELETE", path: "/api/contents/folder/b.txt" },
  { method: "DELETE", path: "/api/contents/door/canary.txt" },
  { method: "DELETE", path: "/api/contents/door" },
  { method: "GET", path: "/api/kernels" },
  { method: "GET", path: `/api/kernels/${ID}` },
  { method: "POST", path: `/api/kernels/${ID}/interrupt` },
  { method: "POST", path: "/api/kernels", body: { name: "sleeper", path: "a.txt" } },
  {
    method: "POST",
    path: "/api/sessions",
    body: { path: "a.ipynb", type: "notebook", name: "", kernel: { name: "sleeper" } },
  },
  { method: "PATCH", path: `/api/sessions/${ID}`, body: { path: "b.ipynb" } },
  { method: "PUT", path: "/lab/api/workspaces/x", body: { data: {}, metadata: { id: "x" } } },
  {
    method: "PUT",
    path: "/lab/api/settings/@jupyterlab/apputils-extension:themes",
    body: { raw: "{}" },
  },
  { method: "PATCH", path: "/api/config/notebook", body: { a: { b: null } } },
  { method: "POST", path: "/login", body: { token: "wrong" } },
  { method: "GET", path: `/api/kernels/${ID}/channels?session_id=x`, headers: UPGRADE },
  { method: "GET", path: "/api/events/subscribe", headers: UPGRADE },
];

/** One time in three; else a request would hardly ever be sound but for one thing. */
const rarely = <T, N>(arbitrary: fc.Arbitrary<T>, otherwise: N): fc.Arbitrary<T | N> =>
  fc.oneof({ weight: 1, arbitrary }, { weight: 2, arbitrary: fc.constant(otherwise) });

interface Attack {
  readonly bytes: Buffer;
  readonly hasToken: boolean;
}

function attacks({ token, cookie }: ServerVictim): fc.Arbitrary<Attack> {
  const segment = fc.oneof(nastyText, fc.constantFrom("outside", "canary.txt", "door", "a.txt"));
  const template = fc.constantFrom(...TEMPLATES);
  return template.chain((base) =>
    fc
      .record({
        method: fc.oneof(
          { weight: 9, arbitrary: fc.constant(base.method) },
          { weight: 1, arbitrary: fc.constantFrom("OPTIONS", "TRACE", "PROPFIND", "HEAD", "PUT") },
        ),
        more: rarely(fc.array(fc.tuple(fc.nat(), segment), { minLength: 1, maxLength: 3 }), []),
        target: fc.oneof(
          { weight: 9, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: fc.array(fc.oneof(segment, fc.constant("/")), { maxLength: 3 }) },
        ),
        body:
          base.body === undefined
            ? fc.constant(undefined)
            : fc.oneof(fc.constant(base.body), jsonMutation(base.body)),
        header: rarely(
          fc.tuple(
            fc.constantFrom("Host", "Origin", "Cookie", "Range", "If-None-Match", "Content-Type"),
            nastyText,
          ),
          null,
        ),
        changes: rarely(changes, null),
        hasToken: fc.boolean(),
      })
      .map(({ method, target, more, body, header, changes: list, hasToken }) => {
        let path = encodeWire(target?.join("") ?? base.path);
        for (const [at, text] of more) {
          const slash = path.indexOf("/", at % (path.length + 1)) + 1;
          const place = at % 2 === 0 && slash > 0 ? slash : at % (path.length + 1);
          path = path.slice(0, place) + encodeWire(text) + path.slice(place);
        }
        const text = body === undefined ? "" : JSON.stringify(body);
        const headers: Record<string, string> = {
          Host: "127.0.0.1",
          ...(hasToken ? { Authorization: `token ${token}`, Cookie: cookie } : {}),
          ...(text === "" ? {} : { "Content-Length": `${Buffer.byteLength(text)}` }),
          Connection: "close",
          ...base.headers,
          ...(header === null ? {} : { [header[0]]: encodeWire(header[1]) }),
        };
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
        const bytes = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join("")}\r\n${text}`);
        return { bytes: list === null ? bytes : mutated(bytes, list), hasToken };
      }),
  );
}

/** Line ends in a path or a header would only ever make two requests of one. */
const encodeWire = (text: string): string => text.replace(/[\r\n]/g, "");

/** Sends the bytes as they are and nothing after them. @returns everything that came back */
function exchange(port: number, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.on("data", (part) => parts.push(part));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(parts)));
  });
}

/** What the attacks go for; put back as it was, since attacks with the token may change the root as they like. */
async function lay(server: ServerVictim): Promise<void> {
  const { root, folder } = server;
  await mkdir(join(folder, "outside"), { recursive: true });
  await writeFile(join(folder, "outside", "canary.txt"), OUTSIDE);
  const listing = (await (await server.ask("api/contents")).json()) as {
    content: { path: string }[];
  };
  for (const { path } of listing.content)
    await server.ask(`api/contents/${path.split("/").map(encodeURIComponent).join("/")}`, "DELETE");
  await mkdir(join(root, "folder"), { recursive: true });
  await writeFile(join(root, "a.txt"), INSIDE);
  await writeFile(join(root, "folder", "b.txt"), INSIDE);
  await writeFile(join(root, "n.ipynb"), JSON.stringify(NOTEBOOK));
  for (const [link, to] of [
    ["door", join(folder, "outside")],
    ["window.txt", join(folder, "outside", "canary.txt")],
  ] as const) {
    if ((await lstat(join(root, link)).catch(() => null)) === null)
      await symlink(to, join(root, link));
  }
}

/** @throws Finding if the server gave away or changed what is outside, or does not answer */
async function inspect(server: ServerVictim): Promise<void> {
  await server.requireHealthy();
  const outside = join(server.folder, "outside");
  const names = await readdir(outside);
  if (
    names.join() !== "canary.txt" ||
    (await readFile(join(outside, "canary.txt"), "utf8")) !== OUTSIDE
  )
    throw new Finding(`something outside the root was changed: ${names.join()}`);
  const status = await withinTime("a sound request", server.ask("api/status"), HANG_MS);
  if (!status.ok) throw new Finding(`a sound request was answered with ${status.status}`);
  const kernels = (await (await server.ask("api/kernels")).json()) as { id: string }[];
  await Promise.all(kernels.map(({ id }) => server.ask(`api/kernels/${id}`, "DELETE")));
}

/** One attack may be taken for several requests, each with its answer. */
function judge(attack: Attack, received: Buffer, tally: Tally): void {
  const text = received.toString("latin1");
  for (const answer of text.split(/(?=HTTP\/1\.1 \d{3} )/)) judgeAnswer(attack, answer, tally);
}

function judgeAnswer({ bytes, hasToken }: Attack, text: string, tally: Tally): void {
  if (text.includes(OUTSIDE)) throw new Finding("a file outside the root was served", bytes);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(text)?.[1];
  add(tally, status ?? "no answer");
  if (status === "500") throw new Finding(`an error nobody expected: ${text}`, bytes);
  if (!hasToken && status === "101")
    throw new Finding("a WebSocket was opened without the token", bytes);
  if (!hasToken && text.includes(INSIDE))
    throw new Finding("a file was served to somebody without the token", bytes);
  if (!hasToken && status?.startsWith("2") === true && !isPublic(text))
    throw new Finding(`somebody without the token was served: ${text.slice(0, 500)}`, bytes);
}

/** The version, the login page, or nothing at all. */
function isPublic(text: string): boolean {
  const body = text.slice(text.indexOf("\r\n\r\n") + 4);
  return body === "" || body.includes('{"version":') || body.includes('action="/login');
}

/** Broken and hostile HTTP requests to `vitrine lab`. */
export const fuzzHttp: FuzzTarget = async (run) => {
  const server = await startLab(run.mostMemoryBytes);
  const tally: Tally = {};
  try {
    await inBatches(run, BATCH, async (size, seed) => {
      await lay(server);
      const batch = fc.sample(attacks(server), { numRuns: size, seed });
      const queue = batch.values();
      const work = async (): Promise<void> => {
        for (const attack of queue) {
          const answer = exchange(server.port, attack.bytes);
          const received = await withinTime("an answer", answer, HANG_MS).catch((error) => {
            throw new Finding((error as Error).message, attack.bytes);
          });
          judge(attack, received, tally);
        }
      };
      await Promise.all(Array.from({ length: CONCURRENCY }, work)).catch(async (error) => {
        await server.requireHealthy(); // if it is dead, that is the news
        throw error;
      });
      await inspect(server);
    });
  } finally {
    await server.end();
  }
  return tally;
};
