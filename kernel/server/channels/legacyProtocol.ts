import { isUtf8 } from "node:buffer";
import type { JsonProcess } from "../json/jsonProcess.ts";
import { sizeOf } from "../json/parts.ts";
import { type RawMessage, rawMessage } from "./rawMessage.ts";
import { clientChannel, type WebSocketFrame, type WebSocketProtocol } from "./webSocketProtocol.ts";

/**
 * The protocol without a name: a message without buffers is JSON text; one with buffers is binary: u32 BE number of
 * parts, their offsets as u32 BE, then the JSON and the buffers.
 */
export function legacyProtocol(json: JsonProcess): WebSocketProtocol {
  return { encode, decode: (data, isBinary) => decode(data, isBinary, json) };
}

/** The JSON of the message is put together of bytes: it needs no parsing. */
function encode(message: RawMessage): WebSocketFrame {
  const named = (name: string, part: Uint8Array) => [Buffer.from(`,"${name}":`), utf8(part)];
  const json = [
    Buffer.from(`{"msg_id":${JSON.stringify(message.msgId)}`),
    Buffer.from(`,"msg_type":${JSON.stringify(message.msgType)}`),
    ...named("header", message.header),
    ...named("parent_header", message.parent),
    ...named("metadata", message.metadata),
    ...named("content", message.content),
    Buffer.from(`,"buffers":[],"channel":"${message.channel}"}`),
  ];
  if (message.buffers.length === 0) return { parts: json, isBinary: false };
  const parts = [json, ...message.buffers.map((buffer) => [buffer])];
  const head = Buffer.alloc(4 * (1 + parts.length));
  head.writeUInt32BE(parts.length, 0);
  let offset = head.byteLength;
  parts.forEach((part, index) => {
    head.writeUInt32BE(offset, 4 * (1 + index));
    offset += sizeOf(part);
  });
  return { parts: [head, ...parts.flat()], isBinary: true };
}

/** A browser ends the connection over a text that is none; some kernels write such. */
function utf8(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : Buffer.from(new TextDecoder().decode(bytes));
}

async function decode(data: Uint8Array, isBinary: boolean, json: JsonProcess): Promise<RawMessage> {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const [text = bytes, ...buffers] = isBinary ? slices(bytes) : [];
  const task = { sizeBytes: text.byteLength, about: "WebSocket message" };
  const split = await json.run("splitMessage", task, () => ({ bytes: [text] }));
  const [header, parent, metadata, content] = split.bytes as [Buffer, Buffer, Buffer, Buffer];
  return rawMessage(clientChannel(split.channel), { header, parent, metadata, content, buffers });
}

function slices(bytes: Buffer): Buffer[] {
  if (bytes.byteLength < 8) throw broken("8 bytes or more", `${bytes.byteLength}`);
  const count = bytes.readUInt32BE(0);
  if (count < 1 || 4 * (1 + count) > bytes.byteLength)
    throw broken("as many offsets as it says", `${count}`);
  const offsets: number[] = [];
  let last = 4 * (1 + count);
  for (let index = 0; index < count; index++) {
    const offset = bytes.readUInt32BE(4 * (1 + index));
    if (offset < last || offset > bytes.byteLength)
      throw broken("offsets that rise and stay inside the message", `${offset}`);
    offsets.push(offset);
    last = offset;
  }
  return offsets.map((start, index) =>
    bytes.subarray(start, offsets[index + 1] ?? bytes.byteLength),
  );
}

function broken(expected: string, got: string): TypeError {
  return new TypeError(
    `WebSocket message: expected ${expected}, got ${got}. Speak Jupyter's kernel protocol.`,
  );
}
