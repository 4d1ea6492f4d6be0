import type { Channel, RawMessage } from "./rawMessage.ts";

/** How messages of all channels travel over one WebSocket. */
export interface WebSocketProtocol {
  encode(message: RawMessage): WebSocketFrame;
  /** @throws Error if the data is no message */
  decode(data: Uint8Array, isBinary: boolean): RawMessage | Promise<RawMessage>;
}

export interface WebSocketFrame {
  /** The bytes, one part behind the other: to put long ones together would copy them. */
  readonly parts: readonly Uint8Array[];
  /** False for a text, whose bytes are UTF-8. */
  readonly isBinary: boolean;
}

/** More ends the connection. What of one message is done at once, putting its pieces together, takes a tenth of a second. */
export const MAX_MESSAGE_BYTES = 64 * 2 ** 20;

/** Of a channel's name that is read: more is none. */
export const LONGEST_CHANNEL = 40;

/** The channels a client may write to. */
export function clientChannel(name: string): Channel {
  if (name === "shell" || name === "control" || name === "stdin") return name;
  throw new TypeError(
    `WebSocket message: expected channel shell, control or stdin, got ${JSON.stringify(name)}. Name one of them.`,
  );
}
