import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { link, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { after, before, test } from "node:test";
import { JSON_FROM_SOURCES } from "../fixtures/server/jsonFromSources.ts";
import { startTestServer, type TestServer } from "../fixtures/server/testServer.ts";
import { until } from "../fixtures/until.ts";

const MIB = 2 ** 20;
const CHUNKS = 200;
/** What may be in memory of a file that is read. */
const MOST_PIECE_BYTES = MIB / 2;

let root: string;
let server: TestServer;
/** Bytes of uploads that are on disk, as the server tells of them. */
let gatheredBytes = 0;
/** The file's bytes that came into memory, by path, and the most that came at once. */
const readBytes = new Map<string, number>();
let mostPieceBytes = 0;
/** What was done with JSON, and whether in this process. */
const tasks: string[] = [];

before(async () => {
  server = await startTestServer({
    json: {
      ...JSON_FROM_SOURCES,
      onTask: (task, _, isHere) => void tasks.push(`${task} ${isHere ? "here" : "elsewhere"}`),
    },
    onSaveStep(step, path, writtenBytes) {
      if (step === "writing" && path === join(root, "big.bin")) gatheredBytes = writtenBytes;
    },
    onPiece(path, pieceBytes) {
      readBytes.set(path, (readBytes.get(path) ?? 0) + pieceBytes);
      mostPieceBytes = Math.max(mostPieceBytes, pieceBytes);
    },
  });
  root = server.root;
});
after(() => server?.close());

/** One megabyte that no other chunk equals. */
function chunk(index: number): Buffer {
  const block = createHash("sha512").update(`${index}`).digest();
  return Buffer.alloc(MIB, block);
}

const digest = createHash("sha256");
for (let index = 0; index < CHUNKS; index++) digest.update(chunk(index));
const EXPECTED = digest.digest("hex");

/** Runs `action`, in which the server is to read `path` once, all of it, and never more than a piece at a time. */
async function readsInPieces(path: string, action: () => Promise<void>): Promise<void> {
  readBytes.clear();
  mostPieceBytes = 0;
  await action();
  assert.deepEqual([...readBytes], [[path, CHUNKS * MIB]]);
  assert.ok(mostPieceBytes <= MOST_PIECE_BYTES, `${mostPieceBytes} bytes at once`);
}

test("200 MB go up in chunks as JupyterLab sends them, with little memory, and appear only when whole", async () => {
  const send = async (index: number): Promise<Response> => {
    const number = index === CHUNKS - 1 ? -1 : index + 1;
    const content = chunk(index).toString("base64");
    const body = JSON.stringify({ type: "file", format: "base64", chunk: number, content });
    return await server.fetch("api/contents/big.bin", { method: "PUT", body });
  };
  for (let index = 0; index < CHUNKS; index++) {
    const response = await send(index);
    assert.equal(response.status, 201);
    assert.equal(gatheredBytes, (index + 1) * MIB, "on disk before the next is asked for");
    if (index === CHUNKS - 2) {
      assert.equal((await server.fetch("files/big.bin")).status, 404, "not whole yet");
      const [hidden = ""] = await readdir(root);
      assert.equal((await stat(join(root, hidden))).size, gatheredBytes, hidden);
    }
    if (index < CHUNKS - 1) await response.body?.cancel();
    else assert.equal(((await response.json()) as { hash: string }).hash, EXPECTED);
  }
  assert.equal((await stat(join(root, "big.bin"))).size, CHUNKS * MIB);
  assert.deepEqual(await readdir(root), ["big.bin"]);
});

test("its size and its hash are told without reading it into memory", async () => {
  await readsInPieces(join(root, "big.bin"), async () => {
    const response = await server.fetch("api/contents/big.bin?content=0&hash=1");
    const model = (await response.json()) as Record<string, unknown>;
    assert.equal(model.size, CHUNKS * MIB);
    assert.equal(model.hash, EXPECTED);
    assert.equal(model.hash_algorithm, "sha256");
    assert.equal(model.content, null);
    assert.equal(model.format, null);
  });
  const bare = (await (await server.fetch("api/contents/big.bin?content=0")).json()) as {
    hash: unknown;
  };
  assert.equal(bare.hash, null, "a hash costs time: only who asks gets it");
});

async function download(): Promise<string> {
  const hash = createHash("sha256");
  const response = await server.fetch("files/big.bin?download=1");
  assert.equal(response.headers.get("content-length"), `${CHUNKS * MIB}`);
  for await (const part of response.body ?? []) hash.update(part);
  return hash.digest("hex");
}

test("it comes down whole, a checkpoint of it and its restoring too, in pieces", async () => {
  const big = join(root, "big.bin");
  const kept = join(root, ".ipynb_checkpoints", "big-checkpoint.bin");
  await readsInPieces(big, async () => assert.equal(await download(), EXPECTED));
  const path = "api/contents/big.bin/checkpoints";
  await readsInPieces(big, async () => {
    assert.equal((await server.fetch(path, { method: "POST" })).status, 201);
  });
  await truncate(big, 10);
  await readsInPieces(kept, async () => {
    assert.equal((await server.fetch(`${path}/checkpoint`, { method: "POST" })).status, 204);
  });
  assert.equal(await download(), EXPECTED);
  assert.equal((await server.fetch(`${path}/checkpoint`, { method: "DELETE" })).status, 204);
});

test("no more is read for a client than it takes", async () => {
  const slow = join(root, "slow.bin");
  await link(join(root, "big.bin"), slow);
  readBytes.clear();
  const response = await server.fetch("files/slow.bin");
  await until("the first piece to be read", () => readBytes.has(slow));
  assert.equal(await download(), EXPECTED, "another client gets all of it meanwhile");
  const waiting = readBytes.get(slow) ?? 0;
  assert.ok(waiting < (CHUNKS / 2) * MIB, `${waiting} bytes for a client that took none`);
  const hash = createHash("sha256");
  for await (const part of response.body ?? []) hash.update(part);
  assert.equal(hash.digest("hex"), EXPECTED, "and this one too, once it goes on");
  await rm(slow);
});

const range = (value: string, more: Record<string, string> = {}) =>
  server.fetch("files/big.bin", { headers: { Range: value, ...more } });

test("a download that broke off goes on where it stopped, unless the file is another by then", async () => {
  const head = await server.fetch("files/big.bin", { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), `${CHUNKS * MIB}`);
  assert.equal(head.headers.get("accept-ranges"), "bytes");
  const etag = head.headers.get("etag") ?? "";
  assert.match(etag, /^"/, "a weak tag could not prove that the bytes are the same");
  const from = 150 * MIB + 7;
  const rest = await range(`bytes=${from}-`, { "If-Range": etag });
  assert.equal(rest.status, 206);
  assert.equal(
    rest.headers.get("content-range"),
    `bytes ${from}-${CHUNKS * MIB - 1}/${CHUNKS * MIB}`,
  );
  assert.deepEqual(
    Buffer.from(await rest.arrayBuffer()).subarray(0, MIB - 7),
    chunk(150).subarray(7),
  );
  const other = await range("bytes=0-1", { "If-Range": '"another"' });
  assert.equal(other.status, 200, "the whole file, since it is another");
  assert.equal(other.headers.get("content-length"), `${CHUNKS * MIB}`);
  await other.body?.cancel();
  assert.equal((await range("bytes=0-1", { "If-Range": `W/${etag}` })).status, 200);
  await utimes(join(root, "big.bin"), new Date(0), new Date(0));
  const dated = await range("bytes=0-1", { "If-Range": new Date(0).toUTCString() });
  assert.equal(dated.status, 206);
  assert.equal(dated.headers.get("content-length"), "2");
  assert.equal((await range("bytes=0-1", { "If-Range": etag })).status, 200, "touched since");
});

test("ranges: from the end, past the end, several and nonsense", async () => {
  const size = CHUNKS * MIB;
  assert.equal((await (await range("bytes=-5")).arrayBuffer()).byteLength, 5);
  const past = await range(`bytes=${size}-`);
  assert.equal(past.status, 416);
  assert.equal(past.headers.get("content-range"), `bytes */${size}`);
  const long = await range(`bytes=${size - 3}-${size + 100}`);
  assert.equal(long.headers.get("content-range"), `bytes ${size - 3}-${size - 1}/${size}`);
  for (const whole of ["bytes=0-1,4-5", "bytes=5-2", "lines=1-2", "bytes=-"]) {
    const response = await range(whole);
    assert.equal(response.status, 200, whole);
    await response.body?.cancel();
  }
  const head = await server.fetch("files/big.bin", {
    method: "HEAD",
    headers: { Range: "bytes=0-9" },
  });
  assert.equal(head.headers.get("content-length"), "10");
});

test("a file saved while it is downloaded comes down as it was", async () => {
  const response = await server.fetch("files/big.bin");
  const copy = join(server.folder, "copy");
  const reading = pipeline(response.body ?? [], createWriteStream(copy));
  const body = JSON.stringify({ type: "file", format: "text", content: "other" });
  assert.equal((await server.fetch("api/contents/big.bin", { method: "PUT", body })).status, 200);
  await reading;
  const hash = createHash("sha256");
  await pipeline(createReadStream(copy), hash);
  assert.equal(hash.digest("hex"), EXPECTED);
});

test("what does not fit into an answer is refused with another way, and serves on", async () => {
  await writeFile(join(root, "huge.txt"), "");
  await truncate(join(root, "huge.txt"), 257 * MIB);
  const response = await server.fetch("api/contents/huge.txt");
  assert.equal(response.status, 413);
  assert.match(
    ((await response.json()) as { message: string }).message,
    /^open huge\.txt: expected at most 256 MiB, got 257 MiB\. Download it/,
  );
  assert.equal((await server.fetch("api/contents/huge.txt?content=0")).status, 200);
});

test("a long notebook and a long text come and go as they were, and this process reads none of them", async () => {
  tasks.length = 0;
  const text = `${'a line with "quotes" and \u{1f600}\n'.repeat(60_000)}`;
  const cells = ["one", "two"].map((id) => ({
    cell_type: "markdown",
    id,
    metadata: { list: Array.from({ length: 20_000 }, (_, index) => ({ index })) },
    source: text,
  }));
  const notebook = { cells, metadata: { a: 1 }, nbformat: 4, nbformat_minor: 5 };
  const put = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await server.fetch(`api/contents/${path}`, {
      method: "PUT",
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 201);
    return (await answer.json()) as Record<string, unknown>;
  };
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await server.fetch(`api/contents/${path}?hash=1`);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
    return (await answer.json()) as Record<string, unknown>;
  };
  const saved = await put("long.ipynb", { type: "notebook", content: notebook });
  const opened = await get("long.ipynb");
  assert.deepEqual(opened.content, notebook);
  assert.equal(opened.hash, saved.hash);
  assert.equal(opened.type, "notebook");
  await put("long.txt", { type: "file", format: "text", content: text });
  assert.equal((await get("long.txt")).content, text);
  assert.equal(
    (await server.fetch("api/contents/long.ipynb/trust", { method: "POST" })).status,
    201,
  );
  const long = ["readSave", "openNotebook", "readSave", "openText", "plainNotebook"];
  assert.deepEqual(
    tasks,
    long.map((task) => `${task} elsewhere`),
  );
  tasks.length = 0;
  assert.equal(
    (await server.fetch("api/contents/long.ipynb/checkpoints", { method: "POST" })).status,
    201,
  );
  assert.deepEqual(tasks, [], "a checkpoint is a copy");
  await put("short.ipynb", { type: "notebook", content: { ...notebook, cells: [] } });
  await get("short.ipynb");
  assert.deepEqual(tasks, ["readSave here", "openNotebook here"], "without a process");
});

test("a part that is no notebook's is shown in a word about it, and no more than a screen of it", async () => {
  const cell = {
    cell_type: "markdown",
    id: "a",
    metadata: {},
    source: "x".repeat(2 ** 20),
    odd: 1,
  };
  const content = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const body = JSON.stringify({ type: "notebook", content });
  const answer = await server.fetch("api/contents/odd.ipynb", { method: "PUT", body });
  const { message } = (await answer.json()) as { message: string };
  assert.match(message, /^Notebook validation failed: cells\[0\].*odd/);
  assert.ok(message.length < 11_000, `${message.length} characters`);
});
