import type { WebSocket } from "ws";
import { sizeOf } from "../json/parts.ts";
import type { WebSocketFrame } from "./webSocketProtocol.ts";

/** Parts up to this long are copied together: a frame for each would cost more. */
const SHORT_BYTES = 2 ** 20;

/** Sends one message. Each long part of it goes out as a frame of its own, uncopied; the other end puts them together. */
export function sendParts(
  webSocket: WebSocket,
  { parts, isBinary }: WebSocketFrame,
  onSent: (error?: Error | null) => void,
): void {
  const frames = joined(parts);
  frames.forEach((frame, index) => {
    const isLast = index === frames.length - 1;
    webSocket.send(frame, { binary: isBinary, fin: isLast }, isLast ? onSent : undefined);
  });
}

/** The same bytes with what is short put together. */
function joined(parts: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  let short: Uint8Array[] = [];
  const flush = (): void => {
    if (short.length > 0) frames.push(Buffer.concat(short));
    short = [];
  };
  for (const part of parts) {
    if (sizeOf(short) + part.byteLength > SHORT_BYTES) flush();
    if (part.byteLength > SHORT_BYTES) frames.push(part);
    else short.push(part);
  }
  flush();
  return frames;
}
