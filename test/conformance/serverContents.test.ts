import assert from "node:assert/strict";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Contents, ContentsManager, Drive } from "@jupyterlab/services";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";

let host: TestServer;
let contents: ContentsManager;

before(async () => {
  host = await startTestServer();
  contents = new ContentsManager({ defaultDrive: new Drive({ serverSettings: host.settings }) });
});
after(async () => {
  contents.dispose();
  await host.close();
});

const rejects = async (action: Promise<unknown>, status: number, message: RegExp) => {
  await assert.rejects(action, (error: Error & { response?: Response }) => {
    assert.equal(error.response?.status, status, error.message);
    assert.match(error.message, message);
    return true;
  });
};

test("a new notebook is called Untitled.ipynb and the next Untitled1.ipynb", async () => {
  const first = await contents.newUntitled({ path: "", type: "notebook" });
  const second = await contents.newUntitled({ path: "", type: "notebook" });
  assert.equal(first.path, "Untitled.ipynb");
  assert.equal(second.path, "Untitled1.ipynb");
  const model = await contents.get(first.path);
  assert.equal(model.format, "json");
  assert.deepEqual(model.content.cells, []);
});

test("a notebook of format 3 is opened in format 4, and its file stays what it was until it is saved", async () => {
  const name = "format3-short.ipynb";
  const original = await readFile(
    new URL(`../fixtures/notebooks/${name}`, import.meta.url),
    "utf8",
  );
  await writeFile(join(host.root, name), original);
  const { content } = await contents.get(name);
  assert.deepEqual(
    content.cells.map((cell: Record<string, unknown>) => [cell.cell_type, cell.source]),
    [
      ["code", "1+1"],
      ["markdown", "## A heading"],
    ],
  );
  assert.equal((await contents.get(name)).content.cells[0].id, content.cells[0].id);
  assert.equal(await readFile(join(host.root, name), "utf8"), original);
  await contents.save(name, { type: "notebook", format: "json", content });
  const saved = JSON.parse(await readFile(join(host.root, name), "utf8"));
  assert.deepEqual([saved.nbformat, saved.cells.length, saved.worksheets], [4, 2, undefined]);
});

test("a byte order mark in front of a notebook goes when it is saved", async () => {
  const name = "byteOrderMark.ipynb";
  await writeFile(
    join(host.root, name),
    await readFile(new URL(`../fixtures/notebooks/${name}`, import.meta.url)),
  );
  const { content } = await contents.get(name);
  assert.deepEqual(content.cells, []);
  await contents.save(name, { type: "notebook", format: "json", content });
  assert.equal((await readFile(join(host.root, name), "utf8"))[0], "{");
});

test("a saved notebook comes back with its texts whole, and is on disk in lines", async () => {
  const content = {
    cells: [
      {
        cell_type: "code",
        id: "a",
        metadata: { trusted: true },
        execution_count: 1,
        source: "let x = 1;\nx",
        outputs: [
          {
            output_type: "execute_result",
            execution_count: 1,
            metadata: {},
            data: { "text/plain": "a\nb", "application/json": { lines: "a\nb" } },
          },
          { output_type: "stream", name: "stdout", text: "one\ntwo\n" },
        ],
      },
      { cell_type: "markdown", id: "b", metadata: {}, source: "# Title" },
    ],
    metadata: { kernelspec: { name: "vitrine", display_name: "V" } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  const saved = await contents.save("lines.ipynb", { type: "notebook", format: "json", content });
  assert.equal(saved.type, "notebook");
  const onDisk = JSON.parse(await readFile(join(host.root, "lines.ipynb"), "utf8"));
  assert.deepEqual(onDisk.cells[0].source, ["let x = 1;\n", "x"]);
  assert.deepEqual(onDisk.cells[0].outputs[0].data["text/plain"], ["a\n", "b"]);
  assert.deepEqual(onDisk.cells[0].outputs[0].data["application/json"], { lines: "a\nb" });
  assert.equal(
    "trusted" in onDisk.cells[0].metadata,
    false,
    "trust is this user's, not the file's",
  );
  const again = await contents.get("lines.ipynb");
  assert.deepEqual(again.content, content);
});

test("a notebook from elsewhere is not trusted until it is declared so", async () => {
  const output = { output_type: "display_data", data: { "text/html": "<b>x</b>" }, metadata: {} };
  const cell = {
    cell_type: "code",
    metadata: {},
    execution_count: null,
    source: "",
    outputs: [output],
  };
  await writeFile(
    join(host.root, "foreign.ipynb"),
    JSON.stringify({ cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 4 }),
  );
  assert.equal((await contents.get("foreign.ipynb")).content.cells[0].metadata.trusted, false);
  assert.equal(
    (await host.fetch("api/contents/foreign.ipynb/trust", { method: "POST" })).status,
    201,
  );
  assert.equal((await contents.get("foreign.ipynb")).content.cells[0].metadata.trusted, true);
});

test("the server's owner can trust a notebook that it brings along", async () => {
  const output = { output_type: "display_data", data: { "image/svg+xml": "<svg/>" }, metadata: {} };
  const cell = {
    cell_type: "code",
    metadata: {},
    execution_count: 1,
    source: "",
    outputs: [output],
  };
  const shipped = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 4 };
  await writeFile(join(host.root, "shipped.ipynb"), JSON.stringify(shipped));
  await host.server.trust("shipped.ipynb");
  assert.equal((await contents.get("shipped.ipynb")).content.cells[0].metadata.trusted, true);
});

test("text, bytes and folders are told apart", async () => {
  await contents.save("a.txt", { type: "file", format: "text", content: "grüße" });
  const bytes = Buffer.from([0, 255, 1, 254]);
  await contents.save("a.bin", {
    type: "file",
    format: "base64",
    content: bytes.toString("base64"),
  });
  await contents.save("folder", { type: "directory" });
  const text = await contents.get("a.txt");
  assert.equal(text.content, "grüße");
  assert.equal(text.mimetype, "text/plain");
  const binary = await contents.get("a.bin");
  assert.equal(binary.format, "base64");
  assert.deepEqual(Buffer.from(binary.content, "base64"), bytes);
  const listed = (await contents.get("")).content as Contents.IModel[];
  assert.equal(listed.find((each) => each.name === "folder")?.type, "directory");
  assert.equal(listed.find((each) => each.name === "a.txt")?.type, "file");
  await rejects(
    contents.get("a.bin", { type: "file", format: "text", content: true }),
    400,
    /expected text in UTF-8/,
  );
  await rejects(contents.get("a.txt", { type: "directory" }), 400, /expected a folder/);
});

test("the hash is the SHA-256 of the bytes on disk", async () => {
  await contents.save("hash.txt", { type: "file", format: "text", content: "abc" });
  const model = await contents.get("hash.txt", { content: false, hash: true });
  assert.equal(model.hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(model.content, null);
});

test("rename moves the checkpoint along and refuses a name that is taken", async () => {
  await contents.save("old.txt", { type: "file", format: "text", content: "1" });
  await contents.save("taken.txt", { type: "file", format: "text", content: "2" });
  await contents.createCheckpoint("old.txt");
  await rejects(contents.rename("old.txt", "taken.txt"), 409, /taken\.txt, which exists/);
  await contents.rename("old.txt", "new.txt");
  assert.equal((await contents.listCheckpoints("new.txt")).length, 1);
  await rejects(contents.get("old.txt"), 404, /old\.txt/);
});

test("a restored checkpoint brings the earlier content back", async () => {
  await contents.save("cp.txt", { type: "file", format: "text", content: "before" });
  const checkpoint = await contents.createCheckpoint("cp.txt");
  await contents.save("cp.txt", { type: "file", format: "text", content: "after" });
  await contents.restoreCheckpoint("cp.txt", checkpoint.id);
  assert.equal((await contents.get("cp.txt")).content, "before");
  await contents.deleteCheckpoint("cp.txt", checkpoint.id);
  assert.deepEqual(await contents.listCheckpoints("cp.txt"), []);
});

test("copies count up, folders are copied whole", async () => {
  await contents.save("c.txt", { type: "file", format: "text", content: "c" });
  assert.equal((await contents.copy("c.txt", "")).path, "c-Copy1.txt");
  assert.equal((await contents.copy("c-Copy1.txt", "")).path, "c-Copy2.txt");
  await mkdir(join(host.root, "tree", "leaf"), { recursive: true });
  await writeFile(join(host.root, "tree", "leaf", "x.txt"), "x");
  const copied = await contents.copy("tree", "");
  assert.equal((await contents.get(`${copied.path}/leaf/x.txt`)).content, "x");
});

test("delete takes files, full folders and links, never what a link leads to", async () => {
  await mkdir(join(host.root, "full"));
  await writeFile(join(host.root, "full", "x"), "x");
  await writeFile(join(host.root, "kept.txt"), "kept");
  await symlink(join(host.root, "kept.txt"), join(host.root, "link.txt"));
  await contents.delete("full");
  await contents.delete("link.txt");
  assert.equal(await readFile(join(host.root, "kept.txt"), "utf8"), "kept");
  await rejects(contents.get("full"), 404, /full/);
  assert.equal((await host.fetch("api/contents/", { method: "DELETE" })).status, 400);
});

test("a big upload in pieces appears only when it is whole", async () => {
  const piece = (chunk: number, text: string) =>
    contents.save("big.txt", {
      type: "file",
      format: "text",
      content: text,
      chunk,
    } as Partial<Contents.IModel>);
  await piece(1, "one ");
  await piece(2, "two ");
  await rejects(contents.get("big.txt"), 404, /big\.txt/);
  await rejects(piece(7, "?"), 400, /expected chunk 3, got 7/);
  await piece(1, "one ");
  await piece(-1, "end");
  assert.equal((await contents.get("big.txt")).content, "one end");
});

test("a notebook that is not JSON is refused with what is wrong and where", async () => {
  await writeFile(join(host.root, "broken.ipynb"), '{\n "cells": [,\n]}');
  await rejects(
    contents.get("broken.ipynb"),
    400,
    /expected JSON with a value or "\]" at line 2, column 12, got ","/,
  );
  await writeFile(join(host.root, "list.ipynb"), "[1]");
  await rejects(contents.get("list.ipynb"), 400, /expected a JSON object, got \[1\]/);
  await writeFile(join(host.root, "old.ipynb"), '{"nbformat": 2, "worksheets": []}');
  await rejects(contents.get("old.ipynb"), 400, /expected notebook format 4, .* got format 2/);
  const wrong = contents.save("bad.ipynb", {
    type: "notebook",
    format: "json",
    content: { nbformat: 4, cells: [1] },
  });
  await rejects(wrong, 400, /expected an object as cell 0/);
  assert.equal((await readdir(host.root)).includes("bad.ipynb"), false);
});

test("what the disk refuses comes back as JSON and leaves nothing behind", async () => {
  await writeFile(join(host.root, "plain.txt"), "");
  const save = { type: "file", format: "text", content: "x" } as const;
  await rejects(contents.save("plain.txt/inside.txt", save), 400, /ENOTDIR/);
  await rejects(contents.save(`${"x".repeat(300)}.txt`, save), 400, /ENAMETOOLONG/);
  await rejects(contents.save("missing/inside.txt", save), 404, /missing/);
  assert.deepEqual(
    (await readdir(host.root)).filter((name) => name.endsWith(".saving")),
    [],
  );
});

test("a name as long as the disk allows can be saved, and a folder is not copied into itself", async () => {
  const name = `${"n".repeat(250)}.txt`;
  for (const content of ["1", "2"])
    await contents.save(name, { type: "file", format: "text", content });
  assert.equal((await contents.get(name)).content, "2");
  await mkdir(join(host.root, "self"));
  await rejects(contents.copy("self", "self"), 400, /expected a place outside the folder itself/);
  assert.deepEqual(await readdir(join(host.root, "self")), []);
});

test("hidden files are neither listed nor served", async () => {
  await writeFile(join(host.root, ".env"), "SECRET=1");
  const names = ((await contents.get("")).content as Contents.IModel[]).map((each) => each.name);
  assert.equal(
    names.some((name) => name.startsWith(".")),
    false,
  );
  await rejects(contents.get(".env"), 404, /\.env/);
  assert.equal((await host.fetch("files/.env")).status, 404);
});

test("raw files come whole, in ranges, as HEAD and with an ETag", async () => {
  await writeFile(join(host.root, "raw.bin"), "0123456789");
  const whole = await host.fetch("files/raw.bin");
  assert.equal(await whole.text(), "0123456789");
  assert.match(whole.headers.get("content-security-policy") ?? "", /^sandbox/);
  const range = (value: string) => host.fetch("files/raw.bin", { headers: { Range: value } });
  const middle = await range("bytes=2-4");
  assert.equal(middle.status, 206);
  assert.equal(await middle.text(), "234");
  assert.equal(middle.headers.get("content-range"), "bytes 2-4/10");
  assert.equal(await (await range("bytes=-3")).text(), "789");
  assert.equal(await (await range("bytes=8-")).text(), "89");
  assert.equal((await range("bytes=10-")).status, 416);
  const head = await host.fetch("files/raw.bin", { method: "HEAD" });
  assert.equal(head.headers.get("content-length"), "10");
  const known = await host.fetch("files/raw.bin", {
    headers: { "If-None-Match": whole.headers.get("etag") ?? "" },
  });
  assert.equal(known.status, 304);
  const download = await host.fetch("files/raw.bin?download=1");
  assert.match(download.headers.get("content-disposition") ?? "", /^attachment; .*raw\.bin/);
  await download.body?.cancel();
});

test("paths of tracebacks are found inside the root alone", async () => {
  await writeFile(join(host.root, "found.ts"), "");
  const resolve = async (path: string) =>
    (await (
      await host.fetch(`api/resolvePath?path=${encodeURIComponent(path)}`)
    ).json()) as unknown;
  const expected = { resolved: [{ path: "found.ts", scope: "server" }], unresolved: [] };
  assert.deepEqual(await resolve(join(host.root, "found.ts")), expected);
  assert.deepEqual(await resolve("./found.ts"), expected);
  assert.deepEqual(await resolve(process.execPath), { resolved: [], unresolved: [] });
});
