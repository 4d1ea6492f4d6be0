import type { Header, Json } from "../protocol/messages.ts";

/** A message to send, before it has a header of its own. */
export interface Outgoing {
  readonly socket: "shell" | "iopub" | "stdin";
  readonly type: string;
  readonly parent: Header | Record<string, never>;
  readonly content: Json;
  readonly ids?: readonly Uint8Array[];
  readonly metadata?: Json;
  readonly buffers?: readonly Uint8Array[];
}

/** A message of which the content and the metadata are the text of their JSON. */
export type WrittenMessage = Omit<Outgoing, "content" | "metadata"> & {
  readonly content: string;
  readonly metadata: string;
};
