import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import {
  decodeFrames,
  encodeFrames,
  openFrames,
  readMessage,
} from "../../kernel/protocol/frames.ts";
import type { Header, Message } from "../../kernel/protocol/messages.ts";
import { Signer } from "../../kernel/protocol/signing.ts";

const header: Header = {
  msg_id: "m",
  msg_type: "execute_request",
  session: "s",
  username: "u",
  date: "2026-01-01T00:00:00.000Z",
  version: "5.5",
};
const message: Message = {
  ids: [Buffer.from("id")],
  header,
  parent: { ...header, msg_id: "parent" },
  metadata: { a: 1 },
  content: { code: "1" },
  buffers: [Buffer.from([1, 2])],
};
const received = (frames: readonly (Uint8Array | string)[]): Buffer[] =>
  frames.map((frame) => Buffer.from(frame as Uint8Array));

test("the frames are those of Jupyter's protocol, to the letter", () => {
  const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
    JSON.stringify(part),
  );
  const signature = createHmac("sha256", "key").update(parts.join("")).digest("hex");
  assert.deepEqual(
    received(encodeFrames(message, new Signer("key"))).map((frame) => frame.toString("latin1")),
    ["id", "<IDS|MSG>", signature, ...parts, "\x01\x02"],
  );
});

test("every part of a message comes out of its frames", () => {
  const signer = new Signer("key");
  const { ids, buffers, ...rest } = decodeFrames(received(encodeFrames(message, signer)), signer);
  assert.deepEqual(rest, {
    header: message.header,
    parent: message.parent,
    metadata: message.metadata,
    content: message.content,
  });
  assert.deepEqual([ids.map(String), buffers.map((buffer) => [...buffer])], [["id"], [[1, 2]]]);
});

test("frames are refused with what is wrong about them", () => {
  const unsigned = new Signer("");
  const decode = (...frames: readonly string[]) => decodeFrames(received(frames), unsigned);
  const head = JSON.stringify(header);
  assert.throws(() => decode("id"), /expected <IDS\|MSG>, got none/);
  assert.throws(() => decode("<IDS|MSG>"), /a signature and 4 parts after <IDS\|MSG>, got 0/);
  assert.throws(() => decode("<IDS|MSG>", "", head, "{}", "{}"), /4 parts after <IDS\|MSG>, got 4/);
  assert.throws(() => decode("<IDS|MSG>", "", head, "{}", "{}", "{"), /expected JSON, got/);
  for (const part of ["null", "[]", "1"])
    assert.throws(() => decode("<IDS|MSG>", "", head, "{}", part, "{}"), /expected a JSON object/);
  for (const bad of ["{}", '{"msg_id":"m"}', '{"msg_type":"t"}', '{"msg_id":1,"msg_type":"t"}'])
    assert.throws(() => decode("<IDS|MSG>", "", bad, "{}", "{}", "{}"), /msg_id and msg_type/);
});

test("who only opens frames leaves the content unread", () => {
  const unsigned = new Signer("");
  const head = JSON.stringify(header);
  const opened = openFrames(received(["<IDS|MSG>", "", head, "{}", '{"m":1}', "{"]), unsigned);
  assert.deepEqual([opened.header, String(opened.content)], [header, "{"]);
  assert.throws(() => readMessage(opened), /expected JSON, got/);
  const content = new Uint8Array(Buffer.from('{"é":2}'));
  assert.deepEqual(readMessage({ ...opened, content }).content, { é: 2 });
});
