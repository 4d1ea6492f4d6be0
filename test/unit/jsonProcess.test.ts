import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HttpError } from "../../kernel/server/httpError.ts";
import { HERE_BYTES, type JsonProcess } from "../../kernel/server/json/jsonProcess.ts";
import { JSON_FROM_SOURCES, jsonProcess } from "../fixtures/server/jsonFromSources.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { until } from "../fixtures/until.ts";

const { flags = [] } = JSON_FROM_SOURCES;

/** Ends with the test. */
function start(t: TestContext, options: Parameters<typeof jsonProcess>[0] = {}): JsonProcess {
  const json = jsonProcess(options);
  t.after(() => json.close());
  return json;
}

/** A text that is longer than what is worked on in this process. */
const long = (letter: string): string => letter.repeat(HERE_BYTES + 1);

async function opened(json: JsonProcess, text: string, signal?: AbortSignal): Promise<unknown> {
  const task = { sizeBytes: text.length, about: "open a.txt", signal };
  const input = () => ({ path: "a.txt", hash: false, format: null, bytes: [Buffer.from(text)] });
  const { bytes } = await json.run("openText", task, input);
  return JSON.parse(Buffer.concat(bytes).toString());
}

async function save(json: JsonProcess, body: string): Promise<unknown> {
  const task = { sizeBytes: body.length, about: "save a.ipynb" };
  return await json.run("readSave", task, () => ({ path: "a.ipynb", bytes: [Buffer.from(body)] }));
}

/** Flags for a process that does nothing before a file is there. */
function gate(file: string): string[] {
  const wait = `import { existsSync } from "node:fs";
    const state = new Int32Array(new SharedArrayBuffer(4));
    while (!existsSync(${JSON.stringify(file)})) Atomics.wait(state, 0, 0, 5);`;
  return [...flags, "--import", `data:text/javascript,${encodeURIComponent(wait)}`];
}

test("short JSON is worked on at once, and long JSON starts a process", async (t) => {
  const json = start(t);
  assert.equal(await opened(json, "short"), "short");
  assert.equal(json.pid, undefined, "nobody needed one");
  const text = long('"é\n');
  assert.equal(await opened(json, text), text);
  const { pid } = json;
  assert.ok(pid !== undefined && pid !== process.pid);
  assert.equal(await opened(json, long("b")), long("b"));
  assert.equal(json.pid, pid, "the same for what comes soon after");
});

test("several come one after the other, each with its own answer", async (t) => {
  const json = start(t);
  const texts = ["a", "b", "c", "d"].map(long);
  assert.deepEqual(await Promise.all(texts.map((text) => opened(json, text))), texts);
});

test("this thread goes on meanwhile, and what nobody waits for any more is not begun", async (t) => {
  const file = join(await temporaryFolder(t), "go");
  const json = start(t, { flags: gate(file) });
  const gone = new AbortController();
  const first = opened(json, long("a"));
  const second = assert.rejects(opened(json, long("b"), gone.signal), { code: "ECONNRESET" });
  assert.equal(await opened(json, "short"), "short", "though the process has not answered");
  gone.abort();
  assert.equal(existsSync(file), false);
  writeFileSync(file, "");
  assert.equal(await first, long("a"));
  await second;
});

test("a refusal comes back with its status, and a fault with what it is", async (t) => {
  const json = start(t);
  const broken = `{"type":"notebook","content":{"cells":"${long("x")}"}}`;
  const message = /^read notebook a\.ipynb: expected a number as "nbformat", got nothing/;
  await assert.rejects(save(json, broken), { status: 400, reason: "bad notebook", message });
  const text = `{${long(" ")}`;
  await assert.rejects(save(json, text), { status: 400, message: /^request body: expected JSON/ });
  const task = { sizeBytes: text.length, about: "WebSocket message" };
  const split = json.run("splitMessage", task, () => ({ bytes: [Buffer.from(text)] }));
  await assert.rejects(split, (error) => !(error instanceof HttpError) && /JSON/.test(`${error}`));
});

test("JSON that does not fit into memory is refused, and the next is answered", async (t) => {
  const json = start(t, { flags: [...flags, "--max-old-space-size=24"] });
  const list = `[${"[1],".repeat(600_000)}1]`;
  const body = `{"type":"file","format":"json","content":${list}}`;
  const next = opened(json, long("a"));
  const refused = assert.rejects(save(json, body), {
    status: 413,
    reason: "too large",
    message: /^save a\.ipynb: expected JSON that fits into memory, got more/,
  });
  const last = opened(json, long("b"));
  await refused;
  assert.deepEqual(await Promise.all([next, last]), [long("a"), long("b")]);
});

test("a process that is killed costs the one answer, and a closed one does nothing more", async (t) => {
  const file = join(await temporaryFolder(t), "go");
  const json = start(t, { flags: gate(file) });
  const lost = assert.rejects(opened(json, long("a")), { status: 413, message: /SIGKILL/ });
  await until("the process to start", () => json.pid !== undefined);
  process.kill(json.pid ?? 0, "SIGKILL");
  await lost;
  writeFileSync(file, "");
  assert.equal(await opened(json, long("b")), long("b"));
  json.close();
  assert.equal(json.pid, undefined);
  await assert.rejects(opened(json, long("c")), /expected a running server/);
});
