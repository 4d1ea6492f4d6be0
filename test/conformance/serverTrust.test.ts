import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startServer } from "../../kernel/server/startServer.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

let host: TestServer;
before(async () => {
  host = await startTestServer();
});
after(() => host.close());

interface Cell {
  readonly metadata: { readonly trusted?: boolean };
}

const cell = (html: string, trusted?: boolean) => ({
  cell_type: "code",
  id: "a",
  metadata: trusted === undefined ? {} : { trusted },
  execution_count: 1,
  source: "",
  outputs: [{ output_type: "display_data", metadata: {}, data: { "text/html": html } }],
});

const notebook = (...cells: unknown[]) => ({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });

async function save(path: string, content: unknown): Promise<void> {
  const body = JSON.stringify({ type: "notebook", format: "json", content });
  const { ok } = await host.fetch(`api/contents/${path}`, { method: "PUT", body });
  assert.ok(ok);
}

async function trusted(path: string): Promise<(boolean | undefined)[]> {
  const model = (await (await host.fetch(`api/contents/${path}`)).json()) as {
    content: { cells: Cell[] };
  };
  return model.content.cells.map(({ metadata }) => metadata.trusted);
}

test("a notebook whose outputs were made here is trusted when it is opened again", async () => {
  await save("own.ipynb", notebook(cell("<b>1</b>", true)));
  assert.deepEqual(await trusted("own.ipynb"), [true]);
  assert.equal((await readFile(join(host.root, "own.ipynb"), "utf8")).includes("trusted"), false);
});

test("one cell that is not trusted makes the whole notebook untrusted, as Jupyter has it", async () => {
  await save("mixed.ipynb", notebook(cell("<b>1</b>", true), cell("<b>2</b>", false)));
  assert.deepEqual(await trusted("mixed.ipynb"), [false, false]);
});

test("a notebook changed behind the server's back is not trusted, even by one letter", async () => {
  await save("changed.ipynb", notebook(cell("<b>1</b>", true)));
  const file = join(host.root, "changed.ipynb");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace("<b>1</b>", "<b>2</b>"));
  assert.deepEqual(await trusted("changed.ipynb"), [false]);
  await writeFile(file, text);
  assert.deepEqual(await trusted("changed.ipynb"), [true], "the text that was signed");
});

test("a mark in the file itself proves nothing", async () => {
  await writeFile(
    join(host.root, "forged.ipynb"),
    JSON.stringify(notebook(cell("<script>", true))),
  );
  assert.deepEqual(await trusted("forged.ipynb"), [false]);
});

test("text alone needs no trust, and prose has none", async () => {
  const stream = { ...cell(""), outputs: [{ output_type: "stream", name: "stdout", text: "1" }] };
  const prose = { cell_type: "markdown", id: "b", metadata: {}, source: "" };
  await save("text.ipynb", notebook(stream, prose));
  assert.deepEqual(await trusted("text.ipynb"), [true, undefined]);
});

test("signatures outlive the server, under a secret that its user alone can read", async () => {
  await save("kept.ipynb", notebook(cell("<b>kept</b>", true)));
  const configDir = join(host.folder, "config");
  const next = await startServer({
    root: host.root,
    labDir: join(host.folder, "lab"),
    configDir,
    port: 0,
    installedKernelspecs: false,
    log: () => undefined,
  });
  const url = new URL("api/contents/kept.ipynb", next.baseUrl);
  const response = await fetch(url, { headers: { Authorization: `token ${next.token}` } });
  const model = (await response.json()) as { content: { cells: Cell[] } };
  assert.equal(model.content.cells[0]?.metadata.trusted, true);
  await next.close();
  const folder = join(configDir, "trust");
  assert.deepEqual((await readdir(folder)).sort(), ["notebook_secret", "signatures.txt"]);
  for (const name of await readdir(folder)) {
    if (process.platform !== "win32")
      assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name);
    assert.equal((await readFile(join(folder, name), "utf8")).includes("<b>"), false);
  }
});
