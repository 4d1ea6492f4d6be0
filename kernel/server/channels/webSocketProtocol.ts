import type { Channel, RawMessage } from "./rawMessage.ts";

/** How messages of all channels travel over one WebSocket. */
export interface WebSocketProtocol {
  encode(message: RawMessage): WebSocketFrame;
  /** @throws Error if the data is no message */
  decode(data: Uint8Array, isBinary: boolean): RawMessage | Promise<RawMessage>;
}

export interface WebSocketFrame {
  readonly data: Uint8Array;
  /** False for a text frame, whose data is UTF-8. */
  readonly isBinary: boolean;
}

/** Of a channel's name that is read: more is none. */
export const LONGEST_CHANNEL = 40;

/** The channels a client may write to. */
export function clientChannel(name: string): Channel {
  if (name === "shell" || name === "control" || name === "stdin") return name;
  throw new TypeError(
    `WebSocket message: expected channel shell, control or stdin, got ${JSON.stringify(name)}. Name one of them.`,
  );
}
