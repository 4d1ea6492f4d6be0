import { ProtocolError } from "../errors.ts";
import type { Header, Json, Message } from "./messages.ts";
import type { Signer } from "./signing.ts";

/** Of this module: cells may put something else in the place of JSON's. */
const { parse } = JSON;

const DELIMITER = Buffer.from("<IDS|MSG>");

/** A message of which what may be long is the bytes of its JSON still. */
export type UnreadMessage = Omit<Message, "metadata" | "content"> & {
  readonly metadata: Uint8Array;
  readonly content: Uint8Array;
};

/** A message of which parts may be the text of their JSON. */
type WrittenMessage = Omit<Message, "metadata" | "content"> & {
  readonly metadata: Json | string;
  readonly content: Json | string;
};

/** A message as ZMQ frames: `[ids..., <IDS|MSG>, signature, header, parent, metadata, content, buffers...]`. */
export function encodeFrames(message: WrittenMessage, signer: Signer): (Uint8Array | string)[] {
  const parts = [message.header, message.parent, message.metadata, message.content].map((part) =>
    typeof part === "string" ? part : JSON.stringify(part),
  );
  return [...message.ids, DELIMITER, signer.sign(parts), ...parts, ...message.buffers];
}

/**
 * The message inside ZMQ frames.
 * @throws ProtocolError ERR_PROTOCOL on a missing delimiter, missing frames, a wrong signature, or parts that are not
 *   JSON objects
 */
export function decodeFrames(frames: readonly Buffer[], signer: Signer): Message {
  return readMessage(openFrames(frames, signer));
}

/** As `decodeFrames`, but for what takes long: metadata and content stay unread. */
export function openFrames(frames: readonly Buffer[], signer: Signer): UnreadMessage {
  const delimiter = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (delimiter < 0) {
    throw new ProtocolError("frames: expected <IDS|MSG>, got none. Speak the Jupyter protocol.");
  }
  const signature = frames[delimiter + 1];
  const parts = frames.slice(delimiter + 2, delimiter + 6);
  if (signature === undefined || parts.length < 4) {
    throw new ProtocolError(
      `frames: expected a signature and 4 parts after <IDS|MSG>, got ${frames.length - delimiter - 1}. Send them all.`,
    );
  }
  if (!signer.verify(signature.toString(), parts)) {
    throw new ProtocolError(
      "frames: expected a signature made with this kernel's key, got another. Use its connection file.",
    );
  }
  const [header, parent] = parts.slice(0, 2).map(parseObject);
  const [metadata, content] = parts.slice(2) as [Buffer, Buffer];
  if (typeof header?.msg_id !== "string" || typeof header.msg_type !== "string") {
    throw new ProtocolError(
      "frames: expected msg_id and msg_type in the header, got none. Send both.",
    );
  }
  return {
    ids: frames.slice(0, delimiter),
    header: header as unknown as Header,
    parent: (parent ?? {}) as unknown as Header,
    metadata,
    content,
    buffers: frames.slice(delimiter + 6),
  };
}

/** @throws ProtocolError ERR_PROTOCOL on metadata or content that are not JSON objects */
export function readMessage({ metadata, content, ...rest }: UnreadMessage): Message {
  return { ...rest, metadata: parseObject(metadata), content: parseObject(content) };
}

function parseObject(part: Uint8Array): Json {
  let value: unknown;
  try {
    value = parse(Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString());
  } catch (cause) {
    throw new ProtocolError(
      `frames: expected JSON, got ${(cause as Error).message}. Send UTF-8 JSON.`,
      { cause },
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError(`frames: expected a JSON object, got ${typeof value}. Send an object.`);
  }
  return value as Json;
}
