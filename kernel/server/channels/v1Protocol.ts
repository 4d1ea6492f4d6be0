import { type RawMessage, rawMessage } from "./rawMessage.ts";
import {
  clientChannel,
  LONGEST_CHANNEL,
  type WebSocketFrame,
  type WebSocketProtocol,
} from "./webSocketProtocol.ts";

export const V1_PROTOCOL = "v1.kernel.websocket.jupyter.org";

const MIN_PARTS = 5;
const EMPTY_OBJECT = Buffer.from("{}");

/**
 * `v1.kernel.websocket.jupyter.org`: u64 LE number of offsets, the offsets as u64 LE, then channel, header, parent
 * header, metadata, content and buffers. The last offset is the end.
 */
export const v1Protocol = { encode, decode } satisfies WebSocketProtocol;

function encode(message: RawMessage): WebSocketFrame {
  const parts = [
    Buffer.from(message.channel),
    message.header,
    message.parent,
    message.metadata,
    message.content,
    ...message.buffers,
  ];
  const offsetCount = parts.length + 1;
  const head = Buffer.alloc(8 * (1 + offsetCount));
  head.writeBigUInt64LE(BigInt(offsetCount), 0);
  let offset = head.byteLength;
  parts.forEach((part, index) => {
    head.writeBigUInt64LE(BigInt(offset), 8 * (1 + index));
    offset += part.byteLength;
  });
  head.writeBigUInt64LE(BigInt(offset), 8 * offsetCount);
  return { parts: [head, ...parts], isBinary: true };
}

function decode(data: Uint8Array, isBinary: boolean): RawMessage {
  if (!isBinary)
    throw new TypeError(
      `WebSocket message: expected a binary frame under ${V1_PROTOCOL}, got text. Send binary.`,
    );
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const parts = slices(bytes);
  const [channel, header, parent, metadata, content, ...buffers] = parts;
  if (!channel || !header || !parent || !metadata || !content)
    throw broken(`at least ${MIN_PARTS} parts`, `${parts.length}`);
  const orEmpty = (part: Buffer) => (part.byteLength === 0 ? EMPTY_OBJECT : part);
  return rawMessage(clientChannel(channel.toString("utf8", 0, LONGEST_CHANNEL)), {
    header,
    parent: orEmpty(parent),
    metadata: orEmpty(metadata),
    content: orEmpty(content),
    buffers,
  });
}

function slices(bytes: Buffer): Buffer[] {
  if (bytes.byteLength < 8) throw broken("8 bytes or more", `${bytes.byteLength}`);
  const count = Number(bytes.readBigUInt64LE(0));
  const headBytes = 8 * (1 + count);
  if (!Number.isSafeInteger(count) || count < 1 || headBytes > bytes.byteLength)
    throw broken("as many offsets as it says", `${count}`);
  const offsets: number[] = [];
  let last = headBytes;
  for (let index = 0; index < count; index++) {
    const offset = Number(bytes.readBigUInt64LE(8 * (1 + index)));
    if (offset < last || offset > bytes.byteLength)
      throw broken("offsets that rise and stay inside the message", `${offset}`);
    offsets.push(offset);
    last = offset;
  }
  return offsets.slice(0, -1).map((start, index) => bytes.subarray(start, offsets[index + 1]));
}

function broken(expected: string, got: string): TypeError {
  return new TypeError(
    `WebSocket message: expected ${expected}, got ${got}. Speak ${V1_PROTOCOL}.`,
  );
}
