import assert from "node:assert/strict";
import { test } from "node:test";
import { putBuffers, removeBuffers } from "../../kernel/display/buffers.ts";
import { codePointOffset, utf16Offset } from "../../kernel/protocol/codePoints.ts";
import { decodeFrames, encodeFrames } from "../../kernel/protocol/frames.ts";
import type { Header, Message } from "../../kernel/protocol/messages.ts";
import { Signer } from "../../kernel/protocol/signing.ts";
import { type StreamChunk, StreamCoalescer } from "../../kernel/transport/streamCoalescer.ts";
import { anyText } from "../fixtures/anyText.ts";
import fc from "../fixtures/fastCheck.ts";

const header = (id: string): Header => ({
  msg_id: id,
  msg_type: "execute_request",
  session: "s",
  username: "u",
  date: "2026-01-01T00:00:00.000Z",
  version: "5.5",
});
const jsonObject = fc.dictionary(
  fc.string().filter((key) => key !== "__proto__"),
  fc.jsonValue({ noUnicodeString: false }),
) as fc.Arbitrary<Record<string, unknown>>;
const bytes = fc.uint8Array({ maxLength: 40 });
const identities = fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { maxLength: 3 });

const message = fc.record({
  ids: identities,
  header: fc.string().map(header),
  parent: fc.constant({}),
  metadata: jsonObject,
  content: jsonObject,
  buffers: fc.array(bytes, { maxLength: 4 }),
}) as fc.Arbitrary<Message>;

const asReceived = (frames: readonly (Uint8Array | string)[]): Buffer[] =>
  frames.map((frame) => Buffer.from(frame as Uint8Array));

test("a message survives the frames it travels in", () => {
  fc.assert(
    fc.property(message, fc.string(), (sent, key) => {
      const signer = new Signer(key);
      const received = decodeFrames(asReceived(encodeFrames(sent, signer)), signer);
      assert.deepEqual(received.content, JSON.parse(JSON.stringify(sent.content)));
      assert.deepEqual(received.header, sent.header);
      assert.deepEqual(
        received.ids.map((id) => [...id]),
        sent.ids.map((id) => [...id]),
      );
      assert.deepEqual(
        received.buffers.map((buffer) => [...buffer]),
        sent.buffers.map((buffer) => [...buffer]),
      );
    }),
  );
});

test("a message changed in any byte of its signed parts is refused", () => {
  fc.assert(
    fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (sent, place, change) => {
      const signer = new Signer("key");
      const frames = asReceived(encodeFrames({ ...sent, ids: [], buffers: [] }, signer));
      const signed = frames.slice(2);
      const length = signed.reduce((sum, frame) => sum + frame.length, 0);
      let at = place % length;
      for (const frame of signed) {
        if (at < frame.length) {
          frame[at] = (frame[at] ?? 0) ^ change;
          break;
        }
        at -= frame.length;
      }
      assert.throws(() => decodeFrames(frames, signer), /frames: expected/);
    }),
  );
});

test("frames of any bytes are decoded or refused with a protocol error", () => {
  fc.assert(
    fc.property(fc.array(bytes, { maxLength: 8 }), fc.boolean(), (frames, hasDelimiter) => {
      const received = frames.map((frame) => Buffer.from(frame));
      if (hasDelimiter) received.unshift(Buffer.from("<IDS|MSG>"));
      assert.throws(() => decodeFrames(received, new Signer("")), { code: "ERR_PROTOCOL" });
    }),
  );
});

test("code point offsets and UTF-16 offsets undo each other", () => {
  fc.assert(
    fc.property(anyText(), fc.nat(), (text, place) => {
      const codePoints = [...text].length;
      const offset = place % (codePoints + 1);
      assert.equal(codePointOffset(text, utf16Offset(text, offset)), offset);
      assert.equal([...text.slice(0, utf16Offset(text, offset))].length, offset);
    }),
  );
});

test("coalescing keeps every character, in the order of each cell and stream", () => {
  const chunk = fc.record({
    name: fc.constantFrom("stdout", "stderr"),
    text: fc.string({ maxLength: 20 }),
    parent: fc.constantFrom("a", "b").map(header),
  }) as fc.Arbitrary<StreamChunk>;
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      const sent: StreamChunk[] = [];
      const coalescer = new StreamCoalescer(({ parent, content }) =>
        sent.push({ ...(content as Pick<StreamChunk, "name" | "text">), parent }),
      );
      for (const part of chunks) coalescer.write(part);
      coalescer.flush();
      const flat = (parts: readonly StreamChunk[]): string[] =>
        parts.flatMap(({ name, text, parent }) =>
          [...text].map((character) => `${name}/${parent.msg_id}/${character}`),
        );
      assert.deepEqual(flat(sent), flat(chunks));
      for (const [index, part] of sent.entries()) {
        const next = sent[index + 1];
        assert.ok(
          next === undefined ||
            next.name !== part.name ||
            next.parent.msg_id !== part.parent.msg_id,
          "two neighbours could have been one message",
        );
      }
    }),
  );
});

test("binary leaves come back to where they were taken from", () => {
  const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
    tree: fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie("node"), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    node: fc.oneof(
      { maxDepth: 3 },
      fc.integer(),
      fc.string(),
      bytes,
      fc.array(tie("node"), { maxLength: 3 }),
      tie("tree"),
    ),
  }));
  fc.assert(
    fc.property(tree, (original) => {
      const { state, bufferPaths, buffers } = removeBuffers(original as Record<string, unknown>);
      const travelled = JSON.parse(JSON.stringify(state)) as Record<string, unknown>;
      putBuffers(travelled, bufferPaths, buffers);
      assert.deepEqual(travelled, { ...(original as object) });
    }),
  );
});
