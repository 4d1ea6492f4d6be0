import { ProtocolError } from "../errors.ts";
import type { Header, Json, Message } from "./messages.ts";
import type { Signer } from "./signing.ts";

const DELIMITER = Buffer.from("<IDS|MSG>");

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
  const [header, parent, metadata, content] = parts.map(parseObject);
  if (typeof header?.msg_id !== "string" || typeof header.msg_type !== "string") {
    throw new ProtocolError(
      "frames: expected msg_id and msg_type in the header, got none. Send both.",
    );
  }
  return {
    ids: frames.slice(0, delimiter),
    header: header as unknown as Header,
    parent: (parent ?? {}) as unknown as Header,
    metadata: metadata ?? {},
    content: content ?? {},
    buffers: frames.slice(delimiter + 6),
  };
}

function parseObject(part: Buffer): Json {
  let value: unknown;
  try {
    value = JSON.parse(part.toString());
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
