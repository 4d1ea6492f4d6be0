import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { serverMessage } from "../../kernel/server/channels/rawMessage.ts";
import { v1Protocol } from "../../kernel/server/channels/v1Protocol.ts";

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A frame as the specification writes it: how many offsets, the offsets, the parts. */
function frame(
  parts: readonly string[],
  change: (offsets: number[]) => number[] = (o) => o,
): Buffer {
  const offsets = [8 * (parts.length + 2)];
  for (const part of parts) offsets.push((offsets.at(-1) ?? 0) + Buffer.byteLength(part));
  const numbers = change([offsets.length, ...offsets]);
  const head = Buffer.alloc(8 * numbers.length);
  for (const [index, number] of numbers.entries()) head.writeBigUInt64LE(BigInt(number), 8 * index);
  return Buffer.concat([head, ...parts.map((part) => Buffer.from(part))]);
}

const HEADER = '{"msg_id":"m","msg_type":"comm_msg","session":"s"}';
const PARTS = ["shell", HEADER, '{"msg_id":"p"}', '{"a":1}', '{"é":2}', "b1", "", "b3"];

describe("messages in one binary frame", () => {
  test("are read part by part, buffers behind the content", () => {
    const message = v1Protocol.decode(frame(PARTS), true);
    assert.deepEqual([message.channel, message.msgType, message.msgId], ["shell", "comm_msg", "m"]);
    assert.equal(message.parentMsgId, "p");
    assert.deepEqual(
      [message.header, message.parent, message.metadata, message.content].map(text),
      PARTS.slice(1, 5),
    );
    assert.deepEqual(message.buffers.map(text), ["b1", "", "b3"]);
  });

  test("are read from the middle of a larger buffer too", () => {
    const bytes = frame(PARTS);
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    const inside = larger.subarray(3, 3 + bytes.length);
    assert.equal(text(v1Protocol.decode(inside, true).content), '{"é":2}');
  });

  test("are written as they are read, byte for byte", () => {
    const message = v1Protocol.decode(frame(PARTS), true);
    assert.deepEqual(Buffer.concat(v1Protocol.encode(message).parts), frame(PARTS));
    const status = serverMessage("iopub", "status", { execution_state: "idle" }, "k");
    const again = v1Protocol.encode(status).parts;
    const read = frame([
      "iopub",
      ...[status.header, status.parent, status.metadata, status.content].map(text),
    ]);
    assert.deepEqual(Buffer.concat(again), read);
  });

  test("may leave parent, metadata and content empty", () => {
    const message = v1Protocol.decode(frame(["control", HEADER, "", "", ""]), true);
    assert.deepEqual([message.parent, message.metadata, message.content].map(text), [
      "{}",
      "{}",
      "{}",
    ]);
    assert.deepEqual(message.buffers, []);
  });
});

describe("broken frames are refused with what is wrong", () => {
  const refuses = (data: Buffer, message: RegExp, isBinary = true): void =>
    assert.throws(() => v1Protocol.decode(data, isBinary), { name: "TypeError", message });

  test("text, and fewer bytes than a number has", () => {
    refuses(frame(PARTS), /expected a binary frame/, false);
    refuses(Buffer.alloc(7), /expected 8 bytes or more, got 7/);
    refuses(Buffer.alloc(0), /expected 8 bytes or more, got 0/);
  });

  test("a number of offsets that is none, or more than there are bytes for", () => {
    refuses(Buffer.alloc(8), /as many offsets as it says, got 0/);
    const [, ...rest] = [0, 16];
    refuses(
      frame([], () => [2, ...rest]),
      /as many offsets as it says, got 2/,
    );
    refuses(Buffer.alloc(64, 0xff), /as many offsets as it says, got 18446744073709552000/);
  });

  test("offsets into the head, that fall, or that leave the message", () => {
    const withOffset = (at: number, by: number) =>
      frame(PARTS, (numbers) => numbers.map((n, i) => (i === at ? n + by : n)));
    refuses(withOffset(1, -1), /offsets that rise and stay inside/);
    refuses(withOffset(PARTS.length + 1, 1), /offsets that rise and stay inside/);
    refuses(withOffset(2, -6), /offsets that rise and stay inside/);
  });

  test("fewer than five parts", () => {
    refuses(frame(["shell", HEADER, "{}", "{}"]), /at least 5 parts, got 4/);
  });
});
