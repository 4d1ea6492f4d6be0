import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ServerConnection } from "@jupyterlab/services";
import { installKernelspec } from "../../kernel/install/index.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { workWithFiles, workWithKernel, workWithSettings } from "../fixtures/server/labWork.ts";
import { type StockServer, startStockServer } from "../fixtures/server/stockServer.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { needsStockJupyter } from "../fixtures/stockJupyter.ts";

/** One server under test: how to ask it, and the folder it serves. */
interface Party {
  readonly baseUrl: string;
  readonly token: string;
  readonly settings: ServerConnection.ISettings;
}

const OUTPUT = { output_type: "display_data", metadata: {}, data: { "text/html": "<b>x</b>" } };
const VALID = {
  cells: [
    {
      cell_type: "code",
      id: "a",
      metadata: {},
      execution_count: null,
      source: "1\n2",
      outputs: [OUTPUT],
    },
    { cell_type: "markdown", id: "b", metadata: {}, source: "" },
  ],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
};
/** A cell has no member of that name. */
const INVALID = { ...VALID, cells: [{ ...VALID.cells[1], more: 1 }] };

describe("our server beside a stock jupyter_server", needsStockJupyter, () => {
  let folder: string;
  let ours: TestServer;
  let stock: StockServer;

  before(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "vitrine-stock-")));
    const prefix = join(folder, "prefix");
    await installKernelspec({ prefix }, inRepository("dist", "kernel.js"));
    const root = join(folder, "root");
    await mkdir(root);
    stock = await startStockServer(folder, root, prefix);
    ours = await startTestServer({
      labDir: inRepository("dist", "lab"),
      installedKernelspecs: false,
      kernelspecs: {},
    });
    for (const served of [root, ours.root]) {
      await writeFile(join(served, "a.txt"), "hello\n");
      await writeFile(join(served, "bytes.bin"), Uint8Array.of(0, 255, 254, 10));
      await writeFile(join(served, "broken.ipynb"), "not a notebook");
      await writeFile(join(served, ".hidden"), "x");
      await mkdir(join(served, "full"));
      await writeFile(join(served, "full", "b.txt"), "b");
      await symlink(join(served, "a.txt"), join(served, "link.txt"));
      await symlink(join(folder, "prefix"), join(served, "outside.txt"));
      await symlink(join(served, "nothing"), join(served, "dangling.txt"));
      await writeFile(join(served, "archive.tar.gz"), "");
      await writeFile(join(served, "valid.ipynb"), JSON.stringify(VALID));
      await writeFile(join(served, "invalid.ipynb"), JSON.stringify(INVALID));
    }
  });
  after(async () => {
    await stock?.close();
    await ours?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const parties = (): [Party, Party] => [
    { baseUrl: stock.baseUrl, token: stock.token, settings: stock.settings },
    { baseUrl: ours.server.baseUrl, token: ours.server.token, settings: ours.settings },
  ];

  /** JSON with what must differ between two runs replaced by what it is. */
  function normal(value: unknown, key = ""): unknown {
    if (typeof value === "string") {
      if (/^\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)$/.test(value)) return "<date>";
      if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value)) return "<id>";
      if (key === "message" && value !== "") return "<message>";
      return value;
    }
    if (Array.isArray(value)) return value.map((item) => normal(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, item]) => [name, normal(item, name)]),
    );
  }

  interface Answer {
    readonly status: number;
    readonly type: string;
    readonly body: unknown;
  }

  function bodyOf(type: string, text: string): unknown {
    if (type === "text/html" && text.startsWith("<!DOCTYPE")) return "<page>";
    if (type !== "application/json" || text === "") return text;
    try {
      return normal(JSON.parse(text));
    } catch {
      return text;
    }
  }

  async function ask(
    { baseUrl, token }: Party,
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = { Authorization: `token ${token}` },
  ): Promise<Answer> {
    const response = await fetch(new URL(path, baseUrl), {
      method,
      headers,
      redirect: "manual",
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const type = (response.headers.get("content-type") ?? "").split(";")[0] ?? "";
    return { status: response.status, type, body: bodyOf(type, text) };
  }

  /** Requests about files, in an order in which each finds what the ones before it left. */
  const CONTENTS: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ["GET", "api"],
    ["GET", "api/contents?content=0"],
    ["GET", "api/contents/a.txt"],
    ["GET", "api/contents/a.txt?content=0"],
    ["GET", "api/contents/a.txt?content=0&hash=1"],
    ["GET", "api/contents/a.txt?format=base64"],
    ["GET", "api/contents/a.txt?type=directory"],
    ["GET", "api/contents/full?type=file"],
    ["GET", "api/contents/full"],
    ["GET", "api/contents/a.txt?type=galaxy"],
    ["GET", "api/contents/bytes.bin"],
    ["GET", "api/contents/bytes.bin?format=text"],
    ["GET", "api/contents/broken.ipynb"],
    ["GET", "api/contents/missing.txt"],
    ["GET", "api/contents/.hidden"],
    ["GET", "api/contents/%2e%2e/secret"],
    ["POST", "api/contents", { type: "file", ext: ".txt" }],
    ["POST", "api/contents", { type: "file", ext: ".txt" }],
    ["POST", "api/contents", { type: "directory" }],
    ["POST", "api/contents", { type: "notebook" }],
    ["POST", "api/contents/full", { copy_from: "a.txt" }],
    ["POST", "api/contents", { copy_from: "a.txt" }],
    ["POST", "api/contents", { copy_from: "missing.txt" }],
    ["POST", "api/contents/missing", { type: "file" }],
    ["POST", "api/contents/a.txt", { type: "file" }],
    ["PUT", "api/contents/new.txt", { type: "file", format: "text", content: "new\n" }],
    ["PUT", "api/contents/new.txt", { type: "file", format: "text", content: "newer\n" }],
    ["PUT", "api/contents/new.bin", { type: "file", format: "base64", content: "AP/+" }],
    ["PUT", "api/contents/new.bin", { type: "file", format: "base64", content: "?" }],
    ["PUT", "api/contents/folder", { type: "directory" }],
    ["PUT", "api/contents/folder/deep.txt", { type: "file", format: "text", content: "" }],
    ["PUT", "api/contents/nowhere/deep.txt", { type: "file", format: "text", content: "" }],
    ["PUT", "api/contents/no-type.txt", { format: "text", content: "" }],
    ["PUT", "api/contents/no-content.txt", { type: "file", format: "text" }],
    ["PUT", "api/contents/json.txt", "{"],
    ["POST", "api/contents/new.txt/checkpoints"],
    ["GET", "api/contents/new.txt/checkpoints"],
    ["PUT", "api/contents/new.txt", { type: "file", format: "text", content: "spoilt\n" }],
    ["POST", "api/contents/new.txt/checkpoints/checkpoint"],
    ["GET", "api/contents/new.txt"],
    ["POST", "api/contents/new.txt/checkpoints/nothing"],
    ["DELETE", "api/contents/new.txt/checkpoints/checkpoint"],
    ["GET", "api/contents/new.txt/checkpoints"],
    ["PATCH", "api/contents/new.txt", { path: "renamed.txt" }],
    ["PATCH", "api/contents/renamed.txt", { path: "a.txt" }],
    ["PATCH", "api/contents/missing.txt", { path: "b.txt" }],
    ["PATCH", "api/contents/renamed.txt", {}],
    ["DELETE", "api/contents/renamed.txt"],
    ["DELETE", "api/contents/renamed.txt"],
    ["PUT", "api/contents/.env", { type: "file", format: "text", content: "" }],
    ["PUT", "api/contents/.folder", { type: "directory" }],
    ["DELETE", "api/contents/.hidden"],
    ["PATCH", "api/contents/.hidden", { path: "shown" }],
    ["PATCH", "api/contents/a.txt", { path: ".a.txt" }],
    ["POST", "api/contents", { copy_from: ".hidden" }],
    ["POST", "api/contents/.folder", { type: "file" }],
    ["GET", "files/.hidden"],
    ["GET", "api/contents/link.txt"],
    ["PUT", "api/contents/link.txt", { type: "file", format: "text", content: "through\n" }],
    ["GET", "api/contents/a.txt"],
    ["GET", "api/contents/outside.txt"],
    ["GET", "api/contents/dangling.txt"],
    ["PATCH", "api/contents/link.txt", { path: "link2.txt" }],
    ["DELETE", "api/contents/link2.txt"],
    ["GET", "api/contents/a.txt?content=0"],
    ["PATCH", "api/contents/full", { path: "moved" }],
    ["GET", "api/contents/moved?content=0"],
    ["PATCH", "api/contents/moved", { path: "moved/inside" }],
    ["PATCH", "api/contents/moved/b.txt", { path: "b.txt" }],
    ["PATCH", "api/contents/b.txt", { path: "nowhere/b.txt" }],
    ["PATCH", "api/contents/b.txt", { path: "b.txt" }],
    ["PATCH", "api/contents/b.txt", { path: "/folder/c.txt/" }],
    ["PATCH", "api/contents/folder/c.txt", { path: "../c.txt" }],
    ["POST", "api/contents", { copy_from: "folder" }],
    ["POST", "api/contents/moved", { copy_from: "folder/c.txt" }],
    ["POST", "api/contents/moved", { copy_from: "folder/c.txt" }],
    ["POST", "api/contents", { copy_from: "a-Copy1.txt" }],
    ["POST", "api/contents", { copy_from: "archive.tar.gz" }],
    ["PUT", "api/contents/a.txt", { type: "directory" }],
    ["PUT", "api/contents/folder", { type: "file", format: "text", content: "" }],
    ["DELETE", "api/contents/folder"],
    ["DELETE", "api/contents"],
    ["GET", "api/contents/valid.ipynb"],
    ["GET", "api/contents/invalid.ipynb"],
    ["GET", "api/contents/valid.ipynb?type=file"],
    ["GET", "api/contents/a.txt?type=notebook"],
    ["PUT", "api/contents/saved.ipynb", { type: "notebook", format: "json", content: INVALID }],
    ["PUT", "api/contents/saved.ipynb", { type: "notebook", format: "json", content: VALID }],
    ["GET", "api/contents/saved.ipynb"],
    ["POST", "api/contents/saved.ipynb/trust"],
    ["POST", "api/contents/missing.ipynb/trust"],
    ["GET", "files/a.txt"],
    ["GET", "files/missing.txt"],
    ["HEAD", "files/a.txt"],
  ];

  const SESSIONS: readonly (readonly [method: string, path: string, body?: unknown])[] = [
    ["GET", "api/sessions"],
    ["GET", "api/kernels"],
    ["GET", "api/kernels/3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c"],
    ["DELETE", "api/kernels/3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c"],
    ["POST", "api/kernels/3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c/interrupt"],
    ["GET", "api/sessions/3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c"],
    ["DELETE", "api/sessions/3e7b7e3f-1c5f-4c1c-9e0b-2f3c8a1d4b5c"],
    ["POST", "api/kernels", { name: "nothing" }],
    ["POST", "api/sessions", { path: "a.ipynb", type: "notebook" }],
    ["POST", "api/sessions", "["],
    ["GET", "api/nothing"],
    ["GET", "api/kernelspecs/nothing"],
  ];

  /** Where the two differ, and why that is meant. Everything else must be the same. */
  const MEANT: Readonly<Record<string, string>> = {
    "GET api": "each names the version of jupyter_server whose interface it speaks",
    "GET api/contents/a.txt?format=base64": "ours puts base64 on one line",
    "GET api/contents/bytes.bin": "ours puts base64 on one line",
    "GET api/contents/a.txt?type=galaxy": "stock lets any type pass for a file",
    "GET api/contents/missing.txt": "stock sends text as application/json that is no JSON",
    "GET api/contents/.hidden": "stock sends text as application/json that is no JSON",
    "GET api/contents/%2e%2e/secret": "ours answers in JSON below /api",
    "PUT api/contents/new.bin (2)": "stock saves base64 that is none as an empty file",
    "PUT api/contents/nowhere/deep.txt": "a folder that is missing is not the server's failure",
    "PUT api/contents/no-type.txt": "stock guesses the type that was left out",
    "PUT api/contents/no-content.txt": "stock saves an empty file where the content was left out",
    "POST api/contents/new.txt/checkpoints/nothing":
      "a checkpoint that is missing is not the server's failure",
    "PATCH api/contents/renamed.txt (2)": "stock renames to nowhere, which does nothing",
    "GET files/.hidden": "ours answers in JSON where no page was asked for",
    "GET api/contents/link.txt": "stock tells the size of the link, ours of the file it leads to",
    "PUT api/contents/link.txt": "stock tells the size of the link, ours of the file it leads to",
    "PATCH api/contents/link.txt": "stock tells the size of the link, ours of the file it leads to",
    "GET api/contents/outside.txt": "ours follows no link out of the served folder",
    "GET api/contents/dangling.txt": "a link to nothing is as good as missing",
    "PATCH api/contents/moved": "a folder that cannot move into itself is not the server's failure",
    "PUT api/contents/folder (2)": "a folder in the way is not the server's failure",
    "POST api/contents/saved.ipynb/trust": "ours names no type for an empty answer",
    "POST api/contents/missing.ipynb/trust": "ours answers in JSON below /api",
    "GET files/missing.txt": "ours answers in JSON where no page was asked for",
    "POST api/kernels":
      "a kernelspec that is missing is not the server's failure: 501, as for a session",
    "GET api/nothing": "ours answers in JSON below /api",
  };

  /**
   * The same answer: in ours, what stock leaves empty may say more: the reason of a refusal, the hash of a file that was
   * saved, by which the next save sees whether the file has changed.
   */
  function isSame(stock: Answer, ours: Answer): boolean {
    const expected = stock.body as Record<string, unknown> | null;
    const more = ["reason", "hash", "hash_algorithm"].filter((key) => expected?.[key] === null);
    const without = (key: string, value: unknown) => (more.includes(key) ? null : value);
    return (
      stock.status === ours.status &&
      stock.type === ours.type &&
      JSON.stringify(stock.body) === JSON.stringify(ours.body, without)
    );
  }

  async function compare(
    requests: readonly (readonly [method: string, path: string, body?: unknown])[],
  ): Promise<void> {
    const [theirs, mine] = parties();
    const surprises: string[] = [];
    const seen = new Map<string, number>();
    for (const [method, path, body] of requests) {
      const count = (seen.get(`${method} ${path}`) ?? 0) + 1;
      seen.set(`${method} ${path}`, count);
      const name = `${method} ${path}${count > 1 ? ` (${count})` : ""}`;
      const expected = await ask(theirs, method, path, body);
      const got = await ask(mine, method, path, body);
      if (isSame(expected, got) !== name in MEANT) continue;
      const show = ({ status, type, body: answer }: Answer) =>
        `${status} ${type} ${JSON.stringify(answer)}`;
      surprises.push(`${name}\n  stock ${show(expected)}\n  ours  ${show(got)}`);
    }
    assert.equal(surprises.join("\n"), "");
  }

  test("requests about files get stock Jupyter's status codes and bodies", () => compare(CONTENTS));

  type Part = Record<string, unknown>;

  /** One change each to a notebook that is valid; some leave it so. */
  const VARIANTS: readonly ((notebook: Part, code: Part, prose: Part, output: Part) => void)[] = [
    () => undefined,
    (n) => (n.more = 1),
    (n) => (n.metadata = { kernelspec: { name: "x" } }),
    (n) => (n.metadata = { kernelspec: { name: "x", display_name: "X" }, anything: [1] }),
    (n) => (n.metadata = { language_info: {} }),
    (n) => (n.metadata = { title: 7 }),
    (_, code) => delete code.id,
    (_, code) => (code.id = "no spaces, please"),
    (_, code) => (code.id = "x".repeat(65)),
    (_, code) => delete code.source,
    (_, code) => (code.source = ["a\n", "b"]),
    (_, code) => (code.source = 5),
    (_, code) => (code.execution_count = -1),
    (_, code) => (code.execution_count = "1"),
    (_, code) => (code.metadata = { tags: ["a", "a"] }),
    (_, code) => (code.metadata = { tags: ["a,b"] }),
    (_, code) => (code.metadata = { name: "" }),
    (_, code) => (code.metadata = { scrolled: "sometimes" }),
    (_, code) => (code.metadata = { execution: { "iopub.status.busy": "2026" } }),
    (_, code) => (code.metadata = { execution: { "iopub.status.busy": 1 } }),
    (_, _code, prose) => (prose.outputs = []),
    (_, _code, prose) => (prose.attachments = { "a.png": { "image/png": "AA==" } }),
    (_, _code, _prose, output) => (output.data = { "application/vnd.vega.v5+json": { a: 1 } }),
    (_, _code, _prose, output) => (output.data = { "text/plain": { a: 1 } }),
    (_, _code, _prose, output) => (output.transient = {}),
    (_, code) => (code.outputs = [{ output_type: "stream", name: "stdout", text: ["a\n"] }]),
    (_, code) => (code.outputs = [{ output_type: "stream", text: "a" }]),
    (_, code) => (code.outputs = [{ output_type: "error", ename: "E", evalue: "", traceback: [] }]),
    (_, code) => (code.outputs = [{ output_type: "error", ename: "E", evalue: "", traceback: "" }]),
    (_, code) => (code.outputs = [{ output_type: "smell", strength: 1 }]),
    (n, code) => Object.assign(n, { nbformat_minor: 4, cells: [withoutId(code)] }),
    (n, _code, prose) => Object.assign(n, { nbformat_minor: 9, cells: [{ ...prose, future: 1 }] }),
  ];

  function withoutId({ id, ...cell }: Part): Part {
    assert.ok(typeof id === "string");
    return cell;
  }

  test("the same notebooks are opened with a word about their form", async () => {
    const [theirs, mine] = parties();
    let invalid = 0;
    for (const [index, change] of VARIANTS.entries()) {
      const notebook = structuredClone(VALID);
      const [code = {}, prose = {}] = notebook.cells as Part[];
      change(notebook, code, prose, (code.outputs as Part[])[0] ?? {});
      for (const served of [join(folder, "root"), ours.root])
        await writeFile(join(served, "variant.ipynb"), JSON.stringify(notebook));
      const [expected, got] = await Promise.all(
        [theirs, mine].map((party) => ask(party, "GET", "api/contents/variant.ipynb")),
      );
      const says = (answer?: Answer) => [
        answer?.status,
        "message" in ((answer?.body ?? {}) as Record<string, unknown>),
      ];
      assert.deepEqual(says(got), says(expected), `variant ${index}: ${change}`);
      if (says(got)[1]) invalid++;
    }
    assert.ok(invalid > 15 && invalid < VARIANTS.length - 5, `${invalid} invalid`);
  });

  test("requests about kernels and sessions get stock Jupyter's status codes and bodies", () =>
    compare(SESSIONS));

  test("what comes without the token is refused alike", async () => {
    const [theirs, mine] = parties();
    for (const [method, path] of [
      ["GET", "api/contents"],
      ["GET", "api/kernels"],
      ["POST", "api/sessions"],
      ["DELETE", "api/contents/a.txt"],
    ] as const) {
      const [expected, got] = [
        await ask(theirs, method, path, undefined, {}),
        await ask(mine, method, path, undefined, {}),
      ];
      assert.equal(got.status, expected.status, `${method} ${path}`);
    }
  });

  for (const { name, work, least } of [
    { name: "a kernel", work: workWithKernel, least: 40 },
    { name: "files", work: workWithFiles, least: 20 },
    { name: "settings and workspaces", work: workWithSettings, least: 10 },
  ])
    test(`JupyterLab's client sees the same of ${name} through either server`, async () => {
      const [theirs, mine] = parties();
      const expected = await work(theirs.settings);
      const got = await work(mine.settings);
      assert.ok(expected.length >= least, `${expected.length} answers`);
      assert.deepEqual(normal(got), normal(expected));
    });
});
