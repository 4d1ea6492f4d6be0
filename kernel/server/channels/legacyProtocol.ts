import { type RawMessage, rawMessage } from "./rawMessage.ts";
import { clientChannel, type WebSocketProtocol } from "./webSocketProtocol.ts";

/**
 * The protocol without a name: a message without buffers is JSON text; one with buffers is binary: u32 BE number of
 * parts, their offsets as u32 BE, then the JSON and the buffers.
 */
export const legacyProtocol: WebSocketProtocol = { encode, decode };

/** The JSON of the parts is put together as text: it needs no parsing. */
function encode(message: RawMessage): string | Uint8Array {
  const json = (bytes: Uint8Array) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  const text =
    `{"header":${json(message.header)},"msg_id":${JSON.stringify(message.msgId)},` +
    `"msg_type":${JSON.stringify(message.msgType)},"parent_header":${json(message.parent)},` +
    `"metadata":${json(message.metadata)},"content":${json(message.content)},` +
    `"buffers":[],"channel":"${message.channel}"}`;
  if (message.buffers.length === 0) return text;
  const parts = [Buffer.from(text, "utf8"), ...message.buffers];
  const head = Buffer.alloc(4 * (1 + parts.length));
  head.writeUInt32BE(parts.length, 0);
  let offset = head.byteLength;
  parts.forEach((part, index) => {
    head.writeUInt32BE(offset, 4 * (1 + index));
    offset += part.byteLength;
  });
  return Buffer.concat([head, ...parts], offset);
}

function decode(data: Uint8Array, isBinary: boolean): RawMessage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const [json = bytes, ...buffers] = isBinary ? slices(bytes) : [];
  const message: unknown = JSON.parse(json.toString("utf8"));
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw broken("a JSON object", typeof message);
  const { channel, header, parent_header, metadata, content } = message as Record<string, unknown>;
  const part = (value: unknown) => Buffer.from(JSON.stringify(value ?? {}), "utf8");
  return rawMessage(clientChannel(channel ?? "shell"), {
    header: part(header),
    parent: part(parent_header),
    metadata: part(metadata),
    content: part(content),
    buffers,
  });
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
