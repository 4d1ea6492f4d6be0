import { randomUUID } from "node:crypto";
import { PROTOCOL_VERSION } from "../../protocol/messages.ts";
import type { Signer } from "../../protocol/signing.ts";

export type Channel = "shell" | "control" | "stdin" | "iopub";

/**
 * A Jupyter message on its way through the server. Its four JSON parts stay the bytes they came as: the server reads
 * only the headers, so that a picture of ten megabytes is never parsed.
 */
export interface RawMessage {
  readonly channel: Channel;
  readonly msgType: string;
  readonly msgId: string;
  readonly session: string;
  /** The session of the message this one answers, or "". */
  readonly parentSession: string;
  readonly parentMsgId: string;
  readonly header: Uint8Array;
  readonly parent: Uint8Array;
  readonly metadata: Uint8Array;
  readonly content: Uint8Array;
  readonly buffers: readonly Uint8Array[];
  readonly sizeBytes: number;
}

export interface RawParts {
  readonly header: Uint8Array;
  readonly parent: Uint8Array;
  readonly metadata: Uint8Array;
  readonly content: Uint8Array;
  readonly buffers: readonly Uint8Array[];
}

const DELIMITER = Buffer.from("<IDS|MSG>");
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Bytes of what the server reads of a message itself. */
const MAX_READ_BYTES = 64 * 2 ** 10;

function readHeader(bytes: Uint8Array): Record<string, unknown> {
  if (bytes.byteLength > MAX_READ_BYTES)
    throw new TypeError(
      `message: expected a header of at most ${MAX_READ_BYTES / 1024} KiB, got ${bytes.byteLength} bytes. Put what is long into the content.`,
    );
  const value: unknown = JSON.parse(decoder.decode(bytes));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      "message: expected a JSON object as header, got another value. Send an object.",
    );
  }
  return value as Record<string, unknown>;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** @throws SyntaxError or TypeError if a header is not a JSON object with a `msg_type` */
export function rawMessage(channel: Channel, parts: RawParts): RawMessage {
  const header = readHeader(parts.header);
  const parent = parts.parent.byteLength === 0 ? {} : readHeader(parts.parent);
  if (typeof header.msg_type !== "string" || typeof header.msg_id !== "string") {
    throw new TypeError(
      "message: expected msg_type and msg_id in the header, got none. Send both.",
    );
  }
  const { header: headerBytes, parent: parentBytes, metadata, content, buffers } = parts;
  const sizeBytes = [headerBytes, parentBytes, metadata, content, ...buffers].reduce(
    (sum, part) => sum + part.byteLength,
    0,
  );
  return {
    ...parts,
    channel,
    msgType: header.msg_type,
    msgId: header.msg_id,
    session: text(header.session),
    parentSession: text(parent.session),
    parentMsgId: text(parent.msg_id),
    sizeBytes,
  };
}

/** The state that a status message tells of, or "" for what tells none. */
export function executionState({ channel, msgType, content }: RawMessage): string {
  if (channel !== "iopub" || msgType !== "status" || content.byteLength > MAX_READ_BYTES) return "";
  const value: unknown = JSON.parse(decoder.decode(content));
  return text((value as { execution_state?: unknown } | null)?.execution_state);
}

/** A message that the server itself has to say. `session` is whose it claims to be. */
export function serverMessage(
  channel: Channel,
  msgType: string,
  content: Record<string, unknown>,
  session: string,
  parent: Record<string, unknown> = {},
  metadata: Record<string, unknown> = {},
): RawMessage {
  const header = {
    msg_id: randomUUID(),
    msg_type: msgType,
    session,
    username: "server",
    date: new Date().toISOString(),
    version: PROTOCOL_VERSION,
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  return rawMessage(channel, {
    header: json(header),
    parent: json(parent),
    metadata: json(metadata),
    content: json(content),
    buffers: [],
  });
}

/**
 * Reads ZMQ frames `[ids..., <IDS|MSG>, signature, header, parent, metadata, content, buffers...]`.
 * @throws TypeError or SyntaxError for frames that are no message or whose signature is wrong
 */
export async function fromFrames(
  channel: Channel,
  frames: readonly Uint8Array[],
  signer: Signer,
): Promise<RawMessage> {
  const start = frames.findIndex((frame) => DELIMITER.equals(frame));
  const [signature, header, parent, metadata, content, ...buffers] =
    start < 0 ? [] : frames.slice(start + 1);
  if (!signature || !header || !parent || !metadata || !content) {
    throw new TypeError(
      `frames: expected <IDS|MSG>, a signature and 4 parts, got ${frames.length} frames. Speak the Jupyter protocol.`,
    );
  }
  const named = Buffer.from(signature).toString("latin1");
  if (!(await signer.verifyInTurns(named, [header, parent, metadata, content]))) {
    throw new TypeError(
      "frames: expected a signature made with the connection file's key, got another. Use that key.",
    );
  }
  return rawMessage(channel, { header, parent, metadata, content, buffers });
}

/** The ZMQ frames of a message, without routing ids. */
export async function toFrames(
  message: RawMessage,
  signer: Signer,
): Promise<(Uint8Array | string)[]> {
  const parts = [message.header, message.parent, message.metadata, message.content];
  return [DELIMITER, await signer.signInTurns(parts), ...parts, ...message.buffers];
}
