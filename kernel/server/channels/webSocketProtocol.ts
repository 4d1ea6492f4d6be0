import type { Channel, RawMessage } from "./rawMessage.ts";

/** How messages of all channels travel over one WebSocket. */
export interface WebSocketProtocol {
  /** A string goes out as a text frame, bytes as a binary one. */
  encode(message: RawMessage): string | Uint8Array;
  /** @throws Error if the data is no message */
  decode(data: Uint8Array, isBinary: boolean): RawMessage;
}

/** The channels a client may write to. */
export function clientChannel(name: unknown): Channel {
  if (name === "shell" || name === "control" || name === "stdin") return name;
  throw new TypeError(
    `WebSocket message: expected channel shell, control or stdin, got ${JSON.stringify(name)}. Name one of them.`,
  );
}
