import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Header } from "../../kernel/protocol/messages.ts";
import type { Outgoing } from "../../kernel/transport/outgoing.ts";
import {
  limitsOfServer,
  limitsOfStarter,
  STOCK_LIMITS,
} from "../../kernel/transport/rateWindow.ts";
import { StreamCoalescer, type StreamName } from "../../kernel/transport/streamCoalescer.ts";

/** What jupyter_server counts, over these seconds, before it drops output. */
const SERVER = { windowMs: 3000, sizeBytes: 3e6, messages: 3000 };
/** How much longer the server may take with one message than with another. */
const HELD_UP_MS = 900;
const OVERHEAD_BYTES = 600;

const header = (id: string, type = "execute_request") => ({ msg_id: id, msg_type: type }) as Header;
const CELL = header("cell");

interface Sent {
  readonly atMs: number;
  readonly message: Outgoing;
  readonly sizeBytes: number;
}

let sent: Sent[] = [];
let output: StreamCoalescer;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"] });
  sent = [];
  output = new StreamCoalescer(
    (message) => {
      const sizeBytes = OVERHEAD_BYTES + Buffer.byteLength(JSON.stringify(message.content));
      sent.push({ atMs: Date.now(), message: message as Outgoing, sizeBytes });
      return sizeBytes;
    },
    { now: () => Date.now() },
  );
});

const write = (text: string, name: StreamName = "stdout", parent = CELL): void =>
  output.write({ name, text, parent });
const status = (state: "busy" | "idle", parent = CELL): Outgoing => ({
  socket: "iopub",
  type: "status",
  parent,
  content: { execution_state: state },
});
const reply = (parent = CELL): Outgoing => {
  const type = parent.msg_type.replace("request", "reply");
  return { socket: "shell", type, parent, content: { status: "ok" } };
};
const types = (): string[] => sent.map(({ message }) => message.type);
const texts = (): [string, string][] =>
  sent
    .filter(({ message }) => message.type === "stream")
    .map(({ message: { content } }) => [String(content.name), String(content.text)]);
const textOf = (name: StreamName): string =>
  texts()
    .filter(([stream]) => stream === name)
    .map(([, text]) => text)
    .join("");

/** Lets time pass in small steps, as a clock does. */
function pass(durationMs: number): void {
  for (let ms = 0; ms < durationMs; ms += 10) mock.timers.tick(10);
}

/** @throws if jupyter_server would drop a message of these, however unevenly it is held up */
function assertLetThrough(): void {
  const counted = sent.filter(({ message }) => message.type !== "status");
  let first = 0;
  let sizeBytes = 0;
  for (const [index, message] of counted.entries()) {
    sizeBytes += message.sizeBytes;
    while (message.atMs - (counted[first]?.atMs ?? 0) > SERVER.windowMs + HELD_UP_MS) {
      sizeBytes -= counted[first++]?.sizeBytes ?? 0;
    }
    assert.ok(sizeBytes < SERVER.sizeBytes, `${sizeBytes} bytes at ${message.atMs} ms`);
    assert.ok(index + 1 - first < SERVER.messages, `${index + 1 - first} messages`);
  }
}

test("text leaves a stream by itself after a moment", () => {
  write("a");
  write("b");
  assert.equal(sent.length, 0);
  pass(40);
  assert.deepEqual(texts(), [["stdout", "ab"]]);
});

test("a burst leaves at once, a flood at a pace that jupyter_server lets through, and the idle and the reply after it", () => {
  const line = `${"x".repeat(43)}\n`;
  for (let n = 0; n < 200_000; n++) write(line);
  output.send(reply());
  output.send(status("idle"));
  assert.ok(sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > 2.5e6, "a burst at once");
  assert.ok(!types().includes("status"));
  pass(8000);
  assert.ok(!types().includes("status"));
  pass(5000);
  assert.equal(textOf("stdout"), line.repeat(200_000));
  assert.deepEqual(types().slice(-2), ["execute_reply", "status"]);
  assertLetThrough();
});

test("text of many bytes and of many escapes keeps the pace too, and no character is parted", () => {
  const odd = `${"\u0001".repeat(99_999)}${"😀".repeat(600_001)}a${"語".repeat(600_000)}`;
  write(odd);
  pass(20_000);
  assert.equal(textOf("stdout"), odd);
  for (const [, text] of texts()) assert.doesNotThrow(() => encodeURI(text));
  assertLetThrough();
});

test("streams that alternate keep their order, and are joined stream by stream when they alternate too fast", () => {
  for (let n = 0; n < 300; n++) {
    write(`${n}\n`);
    write(`e${n}\n`, "stderr");
  }
  pass(40);
  const inOrder = texts();
  assert.equal(inOrder.length, 600);
  assert.deepEqual(inOrder.slice(0, 2), [
    ["stdout", "0\n"],
    ["stderr", "e0\n"],
  ]);
  for (let n = 300; n < 20_000; n++) {
    write(`${n}\n`);
    write(`e${n}\n`, "stderr");
    if (n % 100 === 0) pass(10);
  }
  output.send(status("idle"));
  pass(5000);
  const numbers = Array.from({ length: 20_000 }, (_, n) => `${n}\n`);
  assert.equal(textOf("stdout"), numbers.join(""));
  assert.equal(textOf("stderr"), numbers.map((line) => `e${line}`).join(""));
  assert.equal(types().at(-1), "status");
  assert.ok(sent.length < 1500, `${sent.length} messages`);
  assertLetThrough();
  // What was printed at the same time stays within two windows of its place.
  let [lastOut, lastErr] = [0, 0];
  for (const [name, text] of texts()) {
    const last = Number(/(\d+)\n$/.exec(text)?.[1]);
    if (name === "stdout") lastOut = last;
    else lastErr = last;
    assert.ok(Math.abs(lastOut - lastErr) <= 1000, `${lastOut} beside ${lastErr}`);
  }
});

test("displays wait for the text before them, and count as messages", () => {
  const display = (n: number): Outgoing => ({
    socket: "iopub",
    type: "display_data",
    parent: CELL,
    content: { n },
  });
  for (let n = 0; n < 4000; n++) {
    write(`${n}\n`);
    output.send(display(n));
  }
  pass(15_000);
  assert.equal(sent.length, 8000);
  for (const [index, { message }] of sent.entries()) {
    assert.equal(message.type, index % 2 === 0 ? "stream" : "display_data");
  }
  assertLetThrough();
});

test("each idle gives room for a burst, since the server counts anew from there", () => {
  for (const id of ["a", "b", "c"]) {
    write("x".repeat(2e6), "stdout", header(id));
    output.send(status("idle", header(id)));
  }
  assert.equal(types().filter((type) => type === "status").length, 3);
});

test("questions of a front end are answered beside a backlog, and the next cell's output comes after it", () => {
  write("x".repeat(4e6));
  output.send(reply());
  output.send(status("idle"));
  write("next", "stdout", header("next"));
  const question = header("question", "complete_request");
  output.send(reply(question));
  assert.equal(types().at(-1), "complete_reply");
  pass(10_000);
  assert.deepEqual(types().slice(-3), ["execute_reply", "status", "stream"]);
});

test("an interrupt cuts what waits to its end, says so, and keeps everything but text", () => {
  const lines = Array.from({ length: 2_000_000 }, (_, n) => `${n}\n`).join("");
  write(lines);
  output.cut();
  output.send({ socket: "iopub", type: "error", parent: CELL, content: {} });
  output.send(reply());
  output.send(status("idle"));
  pass(4100);
  assert.deepEqual(types().slice(-3), ["error", "execute_reply", "status"]);
  const [, left] = /interrupted: ([\d,]+) characters/.exec(textOf("stderr")) ?? [];
  const shown = textOf("stdout");
  assert.equal(shown.length + Number(left?.replaceAll(",", "")), lines.length);
  assert.ok(lines.endsWith(shown.slice(-500_000)) && lines.startsWith(shown.slice(0, 2_000_000)));
  assertLetThrough();
});

test("an interrupt leaves a short backlog whole, and the end of a kernel sends what is left", () => {
  write("x".repeat(3e6));
  output.cut();
  output.send(reply());
  output.close();
  assert.equal(textOf("stdout").length, 3e6);
  assert.deepEqual([textOf("stderr"), types().at(-1)], ["", "execute_reply"]);
});

test("nothing waits before a server is there that drops what comes too fast", () => {
  const limits = limitsOfStarter({});
  output = new StreamCoalescer(
    (message) => {
      const sizeBytes = Buffer.byteLength(JSON.stringify(message.content));
      sent.push({ atMs: Date.now(), message: message as Outgoing, sizeBytes });
      return sizeBytes;
    },
    { now: () => Date.now(), limits },
  );
  const line = `${"x".repeat(10_000_000)}\n`;
  write(line);
  output.send(status("busy"));
  assert.equal(textOf("stdout").length, line.length, "all of it at once");
  output.limitTo(limitsOfServer({}));
  write("y\n");
  output.send(status("busy"));
  assert.equal(textOf("stdout").length, line.length, "what was sent counts");
  mock.timers.tick(STOCK_LIMITS.windowMs + 1);
  assert.equal(textOf("stdout"), `${line}y\n`);
  assert.equal(limitsOfStarter({ JPY_SESSION_NAME: "a.ipynb" }), STOCK_LIMITS);
  assert.notEqual(
    limitsOfStarter({ JPY_SESSION_NAME: "a.ipynb", VITRINE_OUTPUT_PACE: "off" }),
    STOCK_LIMITS,
  );
});
