/** The part of anywidget's front-end interface that the views use. @see https://anywidget.dev/en/afm */
export interface AfmModel {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
  /** Whether a kernel hears what is sent; of pages of ours alone. */
  readonly hasKernel?: boolean;
  /** Whether each question gets an answer or a refusal, however long that takes; of pages of ours alone. */
  readonly isAnswered?: boolean;
  /** Of Jupyter's pages; its kernel is null where none runs. */
  readonly widget_manager?: {
    readonly kernel?: { readonly status?: string; readonly connectionStatus?: string } | null;
  };
}

export interface RenderContext {
  readonly model: AfmModel;
  readonly el: HTMLElement;
}

/** Set by Jupyter's pages on what shows a model that no kernel knows: one that was only saved, or whose kernel was restarted. */
const DISCONNECTED = ".jupyter-widgets-disconnected";

/** Whether a kernel may answer: none where the page says so, its widget manager has none, or its kernel does not know the model. */
export const hasKernel = ({ model, el }: RenderContext): boolean =>
  model.hasKernel ?? (model.widget_manager?.kernel !== null && el.closest(DISCONNECTED) === null);

/** Whether an answer may come after long silence: the page knows its kernel to be at something else, such as a long cell. */
export const mayAnswerLate = ({ model }: RenderContext): boolean => {
  const { status, connectionStatus } = model.widget_manager?.kernel ?? {};
  return model.isAnswered ?? (status === "busy" && connectionStatus === "connected");
};

/** What a view module exports as default; `render` returns its cleanup. */
export interface AfmView {
  render(context: RenderContext): () => void;
}

/** A synced buffer, whatever view the front end handed over, as bytes aligned for any typed array. */
export function alignedBuffer(value: unknown): ArrayBuffer {
  if (value instanceof ArrayBuffer) return value;
  if (!ArrayBuffer.isView(value)) return new ArrayBuffer(0);
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice().buffer;
}
