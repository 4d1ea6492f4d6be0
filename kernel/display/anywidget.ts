import { type BufferPath, putBuffers, removeBuffers } from "./buffers.ts";
import {
  type BinaryBuffer,
  type Comm,
  type CommMessage,
  DISPLAY,
  type Displayable,
  kernelHost,
  type MimeBundle,
} from "./host.ts";
import { liveWidgets } from "./liveWidgets.ts";

/** Version of the jupyter.widget message protocol that this file speaks. */
const WIDGET_PROTOCOL_VERSION = "2.1.0";
const WIDGET_TARGET = "jupyter.widget";
const WIDGET_VIEW_MIME = "application/vnd.jupyter.widget-view+json";
const ANYWIDGET_VERSION = "~0.11.0";

export interface AnyWidgetOptions<State extends object> {
  /** Source of the front-end module: an ES module whose default export is `{ initialize?, render? }`. */
  readonly esm: string;
  readonly css?: string;
  /** Synced with the front end. JSON, with ArrayBuffers or views anywhere in it; incoming buffers are DataViews. */
  readonly state: State;
  /** Names the widget's class in the front end, so that a changed `esm` replaces the old one. */
  readonly name?: string;
  /** Called for each `model.send(content, _, buffers)` of the front end. */
  readonly onMessage?: (
    content: unknown,
    buffers: readonly DataView[],
    widget: AnyWidget<State>,
  ) => void | Promise<void>;
  /** Other MIME types to show where no widget can be: at least `text/plain`, and an SVG or a base64 PNG. */
  readonly fallback?: () => MimeBundle | Promise<MimeBundle>;
}

type ChangeListener<Value> = (value: Value, previous: Value) => void | Promise<void>;

/**
 * A two-way anywidget. Its comm opens at the first display and closes with `dispose`, or when every cell that
 * displays it has been run again; displaying it once more opens a new comm with the state it has then.
 * Outside a kernel it displays its fallback alone.
 * @see https://anywidget.dev/en/afm
 */
export class AnyWidget<State extends object> implements Displayable {
  readonly #options: AnyWidgetOptions<State>;
  readonly #listeners = new Map<keyof State, Set<ChangeListener<never>>>();
  #state: State;
  #comm: Comm | null = null;
  #isDisposed = false;

  constructor(options: AnyWidgetOptions<State>) {
    this.#options = options;
    this.#state = { ...options.state };
  }

  /** The id of the model in the front end, or null while no comm is open. */
  get modelId(): string | null {
    return this.#comm?.id ?? null;
  }

  get<Key extends keyof State>(key: Key): State[Key] {
    return this.#state[key];
  }

  /** Changes some keys, tells the front end in one message, and calls the change listeners. */
  set(changes: Partial<State>): void {
    const previous = this.#state;
    const changed = Object.fromEntries(
      Object.entries(changes).filter(([key, value]) => !Object.is(previous[key as never], value)),
    ) as Partial<State>;
    if (Object.keys(changed).length === 0) return;
    this.#state = { ...previous, ...changed };
    this.#sendState("update", changed);
    void this.#announce(changed, previous);
  }

  /** Calls `listener` when either side changes `key`. Returns what ends it. */
  onChange<Key extends keyof State>(key: Key, listener: ChangeListener<State[Key]>): () => void {
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Sends a custom message to every view: `model.on("msg:custom", (content, buffers) => ...)`. */
  send(content: unknown, buffers: readonly BinaryBuffer[] = []): void {
    this.#comm?.send({ method: "custom", content }, { buffers });
  }

  /** Closes the comm; the pictures already on the page stay, without a kernel behind them. */
  dispose(): void {
    this.#isDisposed = true;
    this.#comm?.close();
  }

  async [DISPLAY](): Promise<MimeBundle> {
    const fallback = (await this.#options.fallback?.()) ?? {
      "text/plain": this.#options.name ?? "AnyWidget",
    };
    const comm = this.#isDisposed ? null : this.#open();
    if (comm === null) return fallback;
    comm.retain();
    return {
      [WIDGET_VIEW_MIME]: { version_major: 2, version_minor: 1, model_id: comm.id },
      ...fallback,
    };
  }

  #open(): Comm | null {
    const host = kernelHost();
    if (this.#comm !== null || host === null) return this.#comm;
    const { state, bufferPaths, buffers } = removeBuffers(this.#fullState());
    const comm = host.openComm(
      WIDGET_TARGET,
      { state, buffer_paths: bufferPaths },
      { metadata: { version: WIDGET_PROTOCOL_VERSION }, buffers },
    );
    this.#comm = comm;
    liveWidgets().set(comm.id, { fullState: () => this.#fullState() });
    comm.onMessage((message) => this.#receive(message));
    comm.onClose(() => {
      liveWidgets().delete(comm.id);
      if (this.#comm === comm) this.#comm = null;
    });
    return comm;
  }

  async #receive({ data, buffers }: CommMessage): Promise<void> {
    if (data.method === "update") {
      const changes = { ...(data.state as Record<string, unknown>) };
      putBuffers(changes, (data.buffer_paths ?? []) as BufferPath[], buffers);
      this.#sendState("echo_update", changes);
      const previous = this.#state;
      this.#state = { ...previous, ...changes };
      await this.#announce(changes as Partial<State>, previous);
    } else if (data.method === "request_state") {
      this.#sendState("update", this.#fullState());
    } else if (data.method === "custom") {
      await this.#options.onMessage?.(data.content, buffers, this);
    }
  }

  #sendState(method: "update" | "echo_update", changes: object): void {
    const { state, bufferPaths, buffers } = removeBuffers({ ...changes });
    this.#comm?.send({ method, state, buffer_paths: bufferPaths }, { buffers });
  }

  async #announce(changes: Partial<State>, previous: State): Promise<void> {
    const calls = (Object.keys(changes) as (keyof State)[]).flatMap((key) =>
      [...(this.#listeners.get(key) ?? [])].map(async (listener) =>
        (listener as ChangeListener<State[keyof State]>)(this.#state[key], previous[key]),
      ),
    );
    await Promise.all(calls);
  }

  #fullState(): Record<string, unknown> {
    const { esm, css = "", name = "AnyWidget" } = this.#options;
    return {
      _model_module: "anywidget",
      _model_name: "AnyModel",
      _model_module_version: ANYWIDGET_VERSION,
      _view_module: "anywidget",
      _view_name: "AnyView",
      _view_module_version: ANYWIDGET_VERSION,
      _view_count: null,
      _anywidget_id: `vitrine.${name}`,
      _esm: esm,
      _css: css,
      ...this.#state,
    };
  }
}
