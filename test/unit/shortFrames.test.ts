import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { sendParts } from "../../kernel/server/channels/sendParts.ts";
import { ShortFrames, shortenFrames } from "../../kernel/server/channels/shortFrames.ts";
import fc from "../fixtures/fastCheck.ts";

const PIECE = 2 ** 20;

interface Frame {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly payload: Buffer;
}

function write({ opcode, isFinal, payload }: Frame, mask: Buffer): Buffer {
  const length = payload.byteLength;
  const head = length < 126 ? 2 : length < 2 ** 16 ? 4 : 10;
  const header = Buffer.alloc(head);
  header[0] = opcode | (isFinal ? 0x80 : 0);
  header[1] = 0x80 | (head === 2 ? length : head === 4 ? 126 : 127);
  if (head === 4) header.writeUInt16BE(length, 2);
  if (head === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, mask, masked(payload, mask)]);
}

function read(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.byteLength; ) {
    const [first = 0, second = 0] = bytes.subarray(at);
    const short = second & 0x7f;
    const start = at + ({ 126: 4, 127: 10 }[short] ?? 2) + 4;
    const length =
      short === 127
        ? Number(bytes.readBigUInt64BE(at + 2))
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : short;
    const payload = masked(bytes.subarray(start, start + length), bytes.subarray(start - 4, start));
    frames.push({ opcode: first & 0x0f, isFinal: (first & 0x80) !== 0, payload });
    at = start + length;
  }
  return frames;
}

/** Four bytes at a time: there are megabytes of them. */
function masked(bytes: Buffer, mask: Buffer): Buffer {
  const [key = 0] = new Uint32Array(Uint8Array.from(mask).buffer);
  const words = new Uint32Array(Math.ceil(bytes.byteLength / 4));
  const out = Buffer.from(words.buffer, 0, bytes.byteLength);
  bytes.copy(out);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] ?? 0) ^ key;
  return out;
}

/** The messages that frames say together, each with its opcode. */
function messages(frames: readonly Frame[]): [number, string][] {
  const all: [number, string][] = [];
  let open: { opcode: number; parts: Buffer[] } | null = null;
  for (const { opcode, isFinal, payload } of frames) {
    if (opcode > 7) {
      all.push([opcode, payload.toString("latin1")]);
      continue;
    }
    assert.equal(
      opcode === 0,
      open !== null,
      "a continuation follows a frame that is not the last",
    );
    open ??= { opcode, parts: [] };
    open.parts.push(payload);
    if (!isFinal) continue;
    all.push([open.opcode, Buffer.concat(open.parts).toString("latin1")]);
    open = null;
  }
  assert.equal(open, null);
  return all;
}

test("long frames are cut, short ones stay, and they say the same, wherever the bytes part", () => {
  const sizes = [0, 1, 125, 126, 2 ** 16, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2.5 * PIECE];
  const frame = fc.tuple(fc.constantFrom(...sizes), fc.nat(255), fc.nat(3));
  const mask = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const cuts = fc.array(fc.oneof(fc.nat(30), fc.nat(3 * PIECE)), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(frame, { minLength: 1, maxLength: 4 }), mask, cuts, (list, key, parts) => {
      const frames = list.flatMap(([size, fill, kind]): Frame[] => {
        const payload = Buffer.alloc(size, `${fill} and so on`);
        const ping = { opcode: 9, isFinal: true, payload: Buffer.from("ping") };
        if (kind < 2) return [{ opcode: kind + 1, isFinal: true, payload }];
        const begun = { opcode: 1, isFinal: false, payload };
        return [begun, ping, { opcode: 0, isFinal: true, payload }];
      });
      const bytes = Buffer.concat(frames.map((each) => write(each, Buffer.from(key))));
      const short = new ShortFrames();
      const out: Buffer[] = [];
      let at = 0;
      for (const size of [...parts, bytes.byteLength]) {
        out.push(...short.push(bytes.subarray(at, at + size)));
        at += size;
      }
      const cut = read(Buffer.concat(out));
      assert.deepEqual(messages(cut), messages(frames));
      assert.ok(cut.every(({ payload }) => payload.byteLength <= PIECE));
    }),
    { numRuns: 25 },
  );
});

test("a message in parts, some of them long, arrives whole on either end of a connection", async () => {
  const server = createServer();
  const webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  server.on("upgrade", (request, socket, head) =>
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      shortenFrames(socket);
      webSocket.on("message", (data: Buffer, isBinary) => {
        const parts = [0, 3, 5, 2 ** 20 + 9, 2 ** 21 + 19, data.byteLength];
        sendParts(
          webSocket,
          { parts: parts.map((end, i) => data.subarray(parts[i - 1] ?? 0, end)), isBinary },
          (error) => assert.equal(error ?? null, null),
        );
      });
    }),
  );
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    await once(client, "open");
    for (const sent of ["short", "é and more ".repeat(2 ** 19), Buffer.alloc(2 ** 22 + 1, "abc")]) {
      client.send(sent);
      const [data, isBinary] = (await once(client, "message")) as [Buffer, boolean];
      assert.equal(isBinary, typeof sent !== "string");
      assert.ok(data.equals(Buffer.from(sent as string)));
    }
  } finally {
    client.terminate();
    webSockets.close();
    server.close();
  }
});
