import assert from "node:assert/strict";
import { test } from "node:test";
import { Outbox } from "../../kernel/server/channels/outbox.ts";
import { type RawMessage, serverMessage } from "../../kernel/server/channels/rawMessage.ts";

const stream = (text: string): RawMessage =>
  serverMessage("iopub", "stream", { name: "stdout", text }, "kernel", { msg_id: "p" });
const textOf = (message: RawMessage): string =>
  JSON.parse(Buffer.from(message.content).toString()).text;

function sink() {
  const sent: RawMessage[] = [];
  return { sent, send: (message: RawMessage) => void sent.push(message) };
}

/** What one message of four characters takes. */
function costOfOne(): number {
  const outbox = new Outbox();
  outbox.push(stream("0000"));
  return outbox.heldBytes;
}

test("the window is full once its bytes are on the way, not one message later", () => {
  const cost = costOfOne();
  for (const [windowBytes, count] of [
    [2 * cost - 1, 2],
    [2 * cost, 2],
    [2 * cost + 1, 3],
  ] as const) {
    const outbox = new Outbox({ windowBytes, queueBytes: 1e9 });
    const client = sink();
    outbox.connect(client);
    for (let i = 0; i < 5; i++) outbox.push(stream("0000"));
    assert.equal(client.sent.length, count);
    assert.equal(outbox.sentCount, count);
    assert.equal(outbox.heldBytes, 5 * cost);
    outbox.confirm(1);
    assert.equal(client.sent.length, count + 1);
    assert.equal(outbox.heldBytes, 4 * cost);
  }
});

test("outputs go only beyond the bound, and then down to three quarters of it", () => {
  const cost = costOfOne();
  const outbox = new Outbox({ windowBytes: 1e9, queueBytes: 8 * cost });
  for (let i = 0; i < 8; i++) outbox.push(stream("0000"));
  assert.equal(outbox.heldBytes, 8 * cost);
  outbox.push(stream("0000"));
  assert.equal(outbox.heldBytes, 6 * cost);
});

test("what comes back from a broken connection counts towards the bound", () => {
  const cost = costOfOne();
  const outbox = new Outbox({ windowBytes: 1e9, queueBytes: 8 * cost });
  outbox.connect(sink());
  for (let i = 0; i < 8; i++) outbox.push(stream("0000"));
  outbox.disconnect();
  assert.equal(outbox.heldBytes, 8 * cost);
  outbox.connect(sink());
  for (let i = 0; i < 20; i++) outbox.push(stream("0000"));
  outbox.disconnect();
  assert.equal(outbox.heldBytes, 6 * cost);
});

test("the notice of dropped outputs stands where they would have stood: before the next", () => {
  const cost = costOfOne();
  const outbox = new Outbox({ windowBytes: 1e9, queueBytes: 8 * cost });
  for (let i = 0; i < 9; i++) outbox.push(stream(`000${i}`));
  const client = sink();
  outbox.connect(client);
  const [notice, ...rest] = client.sent.map(textOf);
  assert.match(notice ?? "", /^\[3 outputs were dropped here/);
  assert.deepEqual(rest, ["0003", "0004", "0005", "0006", "0007", "0008"]);
});
