import { putBuffers, removeBuffers } from "../../kernel/display/buffers.ts";
import type { JsonObject } from "../../kernel/display/host.ts";
import { StateModel } from "../../widgets/offline/stateModel.ts";

type Post = (data: JsonObject, buffers: readonly ArrayBuffer[]) => void;

/** A picture's model as its view sees it, whose other half is a widget in the worker. */
export class WorkerModel extends StateModel {
  readonly hasKernel = true;
  readonly isAnswered = true;
  readonly #post: Post;
  #unsaved: Record<string, unknown> = {};

  /** @param open the message that opened the comm */
  constructor(open: JsonObject, buffers: readonly ArrayBuffer[], post: Post) {
    super(stateOf(open, buffers));
    this.#post = post;
  }

  override set(key: string, value: unknown): void {
    this.#unsaved[key] = value;
    super.set(key, value);
  }

  override save_changes(): void {
    const { state, bufferPaths, buffers } = removeBuffers(this.#unsaved);
    this.#unsaved = {};
    const data = { method: "update", state, buffer_paths: bufferPaths };
    this.#post(data, buffers.map(copied));
  }

  send(content: unknown, _callbacks?: unknown, buffers: readonly ArrayBuffer[] = []): void {
    this.#post({ method: "custom", content }, buffers);
  }

  /** What the widget said: a changed state, or a message to the view. */
  receive(data: JsonObject, buffers: readonly ArrayBuffer[]): void {
    if (data.method === "custom")
      this.fire(
        "msg:custom",
        data.content,
        buffers.map((buffer) => new DataView(buffer)),
      );
    if (data.method === "update")
      for (const [key, value] of Object.entries(stateOf(data, buffers))) super.set(key, value);
  }
}

function stateOf(data: JsonObject, buffers: readonly ArrayBuffer[]): Record<string, unknown> {
  const state = { ...(data.state as Record<string, unknown>) };
  const views = buffers.map((buffer) => new DataView(buffer));
  putBuffers(state, (data.buffer_paths ?? []) as (string | number)[][], views);
  return state;
}

const copied = (buffer: ArrayBufferLike | ArrayBufferView): ArrayBuffer => {
  const bytes = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  return bytes.slice().buffer as ArrayBuffer;
};
