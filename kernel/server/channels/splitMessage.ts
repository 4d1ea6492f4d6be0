import type { WithBytes } from "../json/packets.ts";
import { LONGEST_CHANNEL } from "./webSocketProtocol.ts";

/** Takes the JSON of a whole message apart: the bytes are those of header, parent, metadata and content. */
export function splitMessage({ bytes }: WithBytes): WithBytes & { readonly channel: string } {
  const message: unknown = JSON.parse(Buffer.concat(bytes).toString("utf8"));
  if (typeof message !== "object" || message === null || Array.isArray(message))
    throw new TypeError(
      `WebSocket message: expected a JSON object, got ${typeof message}. Speak Jupyter's kernel protocol.`,
    );
  const { channel, header, parent_header, metadata, content } = message as Record<string, unknown>;
  const parts = [header, parent_header, metadata, content];
  return {
    channel: String(channel ?? "shell").slice(0, LONGEST_CHANNEL),
    bytes: parts.map((value) => Buffer.from(JSON.stringify(value ?? {}), "utf8")),
  };
}
