import assert from "node:assert/strict";
import { test } from "node:test";
import { Signer } from "../../kernel/protocol/signing.ts";
import { legacyProtocol } from "../../kernel/server/channels/legacyProtocol.ts";
import {
  fromFrames,
  type RawMessage,
  rawMessage,
  toFrames,
} from "../../kernel/server/channels/rawMessage.ts";
import { v1Protocol } from "../../kernel/server/channels/v1Protocol.ts";
import fc from "../fixtures/fastCheck.ts";
import { jsonProcess } from "../fixtures/server/jsonFromSources.ts";

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const message = fc
  .record({
    channel: fc.constantFrom("shell" as const, "control" as const, "stdin" as const),
    type: fc.string({ minLength: 1 }),
    content: fc.dictionary(fc.string(), fc.jsonValue()),
    buffers: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 3 }),
  })
  .map(({ channel, type, content, buffers }) =>
    rawMessage(channel, {
      header: json({ msg_id: "m", msg_type: type, session: "s" }),
      parent: json({ msg_id: "p", session: "q" }),
      metadata: json({}),
      content: json(content),
      buffers,
    }),
  );

function assertSame(actual: RawMessage, expected: RawMessage): void {
  const plain = ({
    channel,
    msgType,
    msgId,
    session,
    parentSession,
    content,
    buffers,
  }: RawMessage) => ({
    channel,
    msgType,
    msgId,
    session,
    parentSession,
    content: JSON.parse(Buffer.from(content).toString()) as unknown,
    buffers: buffers.map((buffer) => [...buffer]),
  });
  assert.deepEqual(plain(actual), plain(expected));
}

for (const [name, protocol] of [
  ["v1", v1Protocol],
  ["legacy", legacyProtocol(jsonProcess())],
] as const) {
  test(`a message survives the ${name} WebSocket protocol`, async () => {
    await fc.assert(
      fc.asyncProperty(message, async (original) => {
        const { parts, isBinary } = protocol.encode(original);
        assertSame(await protocol.decode(Buffer.concat(parts), isBinary), original);
      }),
    );
  });

  test(`broken ${name} frames are refused with an error, never read past their end`, async () => {
    const broken = fc
      .tuple(message, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
      .map(([original, changes, cut]) => {
        const encoded = Buffer.concat(protocol.encode(original).parts);
        for (const [at, value] of changes) encoded[at % encoded.length] = value;
        return encoded.subarray(0, encoded.length - (cut % 20));
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(broken, fc.uint8Array({ maxLength: 80 })), async (bytes) => {
        try {
          const decoded = await protocol.decode(bytes, true);
          assert.ok(decoded.sizeBytes <= bytes.byteLength + 64);
        } catch (error) {
          assert.ok(error instanceof TypeError || error instanceof SyntaxError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
}

test("signed ZMQ frames are read back, and one changed byte of a signed part is noticed", async () => {
  const signer = new Signer("key");
  const byte = fc.integer({ min: 1, max: 255 });
  await fc.assert(
    fc.asyncProperty(message, fc.nat(), byte, async (original, at, change) => {
      const frames = (await toFrames(original, signer)).map((frame) => Buffer.from(frame));
      const read = await fromFrames(original.channel, [Buffer.from("id"), ...frames], signer);
      assertSame(read, original);
      const signed = frames.slice(1, 6);
      const frame = signed[at % signed.length];
      if (frame === undefined || frame.length === 0) return;
      const index = at % frame.length;
      frame[index] = (frame[index] ?? 0) ^ change;
      await assert.rejects(fromFrames(original.channel, frames, signer));
    }),
  );
});
