import { KernelError } from "../errors.ts";
import { checkFilled, notJson, placeIn } from "../protocol/plainJson.ts";
import { type BufferPath, isPlainObject, putBuffers, removeBuffers } from "./buffers.ts";
import {
  type BinaryBuffer,
  type Comm,
  type CommMessage,
  DISPLAY,
  type Displayable,
  type KernelHost,
  kernelHost,
  type MimeBundle,
} from "./host.ts";
import { liveWidgets } from "./liveWidgets.ts";

/** Version of the jupyter.widget message protocol that this file speaks. */
const WIDGET_PROTOCOL_VERSION = "2.1.0";
const WIDGET_TARGET = "jupyter.widget";
export const WIDGET_VIEW_MIME = "application/vnd.jupyter.widget-view+json";
const REFERENCE = "IPY_MODEL_";

/** The form in which a value travels that is no JSON. */
export interface WireForm {
  /** @throws KernelError ERR_WIDGET_VALUE if it is not such a value */
  toWire(value: unknown): unknown;
  fromWire(wire: unknown): unknown;
}

export type ChangeListener<Value> = (value: Value, previous: Value) => void | Promise<void>;

/**
 * A model of the Jupyter widget protocol with two-way state. Its comm opens when it, or a widget that refers to it, is
 * first displayed, and closes with `dispose`, or when every cell that displays it has been run again; displaying it
 * once more opens a new comm with the state it has then. Outside a kernel it displays its fallback alone.
 *
 * State is JSON with ArrayBuffers or views anywhere in it (incoming ones are DataViews), and other widgets as values
 * or in lists.
 * @see https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md
 */
export abstract class WidgetModel<State extends object> implements Displayable {
  readonly #listeners = new Map<PropertyKey, Set<ChangeListener<never>>>();
  #state: State;
  #comm: Comm | null = null;
  #isOpening = false;
  #isDisposed = false;

  constructor(state: State) {
    this.#state = { ...state };
  }

  /** The id of the model in the front end, or null while no comm is open. */
  get modelId(): string | null {
    return this.#comm?.id ?? null;
  }

  /** The value of a key as it stands, changes from the page included. */
  get<Key extends keyof State>(key: Key): State[Key] {
    return this.#state[key];
  }

  /**
   * Changes some keys, tells the front end in one message, and calls the change listeners.
   * @throws KernelError ERR_NOT_JSON if the widget is shown and a value cannot travel; nothing has changed then
   */
  set(changes: Partial<State>): void {
    const previous = this.#state;
    const changed = Object.fromEntries(
      Object.entries(changes).filter(([key, value]) => !Object.is(previous[key as never], value)),
    ) as Partial<State>;
    if (Object.keys(changed).length === 0) return;
    this.#sendState("update", this.#toWire(changed)); // which may refuse it
    this.#state = { ...previous, ...changed };
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

  /** All of it as it stands, changes from the page included. */
  protected get state(): Readonly<State> {
    return this.#state;
  }

  /** Closes the comm; what is already on the page stays, without a kernel behind it. */
  dispose(): void {
    this.#isDisposed = true;
    this.#comm?.close();
  }

  async [DISPLAY](): Promise<MimeBundle> {
    const fallback = await this.fallback();
    const comm = this.#isDisposed ? null : this.#open();
    if (comm === null) return fallback;
    this.#retain();
    return {
      [WIDGET_VIEW_MIME]: { version_major: 2, version_minor: 1, model_id: comm.id },
      ...fallback,
    };
  }

  /** `_model_module`, `_view_name` and the other keys that say which code of the front end this is. */
  protected abstract identity(): Readonly<Record<string, unknown>>;

  /** Of a key whose values do not travel as they are. */
  protected wireForm(_key: string): WireForm | undefined {
    return undefined;
  }

  /** Other MIME types to show where no widget can be: at least `text/plain`. */
  protected abstract fallback(): MimeBundle | Promise<MimeBundle>;

  /** Called for each `model.send(content, _, buffers)` of the front end. */
  protected receive(_content: unknown, _buffers: readonly DataView[]): void | Promise<void> {}

  /** Called when the comm has closed, whoever closed it. */
  protected closed(): void {}

  #open(): Comm | null {
    const host = kernelHost();
    if (this.#comm !== null || host === null) return this.#comm;
    if (this.#isOpening) {
      throw new KernelError(
        "ERR_WIDGET_CYCLE",
        "widget: expected a state that leads to other widgets only, got one that leads back to itself. Set one of the references after the display.",
      );
    }
    this.#isOpening = true;
    try {
      return this.#openComm(host);
    } finally {
      this.#isOpening = false;
    }
  }

  #openComm(host: KernelHost): Comm {
    const { state, bufferPaths, buffers } = removeBuffers(this.#fullState());
    const comm = host.openComm(
      WIDGET_TARGET,
      { state, buffer_paths: bufferPaths },
      { metadata: { version: WIDGET_PROTOCOL_VERSION }, buffers },
    );
    this.#comm = comm;
    liveWidgets().set(comm.id, { fullState: () => this.#fullState(), widget: this });
    comm.onMessage((message) => this.#receive(message));
    comm.onClose(() => {
      liveWidgets().delete(comm.id);
      if (this.#comm === comm) this.#comm = null;
      this.closed();
    });
    return comm;
  }

  /** Keeps this widget and those it refers to for as long as the running cell shows them. */
  #retain(seen = new Set<unknown>()): void {
    if (seen.has(this)) return;
    seen.add(this);
    this.#comm?.retain();
    mapLeaves(this.#state, (value) => {
      if (value instanceof WidgetModel) value.#retain(seen);
    });
  }

  async #receive({ data, buffers }: CommMessage): Promise<void> {
    if (data.method === "update") {
      const changes = { ...(data.state as Record<string, unknown>) };
      putBuffers(changes, (data.buffer_paths ?? []) as BufferPath[], buffers);
      this.#sendState("echo_update", changes);
      const previous = this.#state;
      this.#state = { ...previous, ...this.#fromWire(changes) };
      await this.#announce(changes as Partial<State>, previous);
    } else if (data.method === "request_state") {
      this.#sendState("update", this.#fullState());
    } else if (data.method === "custom") {
      await this.receive(data.content, buffers);
    }
  }

  #sendState(method: "update" | "echo_update", changes: object): void {
    if (this.#comm === null) return;
    const { state, bufferPaths, buffers } = removeBuffers(this.#withReferences(changes));
    this.#comm.send({ method, state, buffer_paths: bufferPaths }, { buffers });
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
    return { ...this.identity(), ...this.#withReferences(this.#toWire(this.#state)) };
  }

  #toWire(state: object): object {
    const entries = Object.entries(state).map(([key, value]) => {
      const form = this.wireForm(key);
      return [key, form ? form.toWire(value) : value];
    });
    return Object.fromEntries(entries) as object;
  }

  #fromWire(wire: object): Partial<State> {
    const entries = Object.entries(wire).map(([key, value]) => {
      const form = this.wireForm(key);
      return [key, form ? form.fromWire(value) : mapLeaves(value, fromReference)];
    });
    return Object.fromEntries(entries) as Partial<State>;
  }

  /** The tree with each widget as the protocol names it; their comms open first. */
  #withReferences(tree: object): Record<string, unknown> {
    return mapLeaves(tree, (value) =>
      value instanceof WidgetModel ? `${REFERENCE}${value.#open()?.id ?? ""}` : value,
    ) as Record<string, unknown>;
  }
}

/**
 * A copy of a tree of plain objects and lists, with everything else in it mapped.
 * @throws KernelError ERR_NOT_JSON if it is no tree
 */
function mapLeaves(tree: unknown, map: (leaf: unknown) => unknown): unknown {
  const path: (string | number)[] = [];
  const above: unknown[] = [];
  const place = (level: number): string => placeIn("widget state", path.slice(0, level));
  const visit = (node: unknown): unknown => {
    const isList = Array.isArray(node);
    if (!isList && !isPlainObject(node)) return map(node);
    const level = above.indexOf(node);
    if (level >= 0) {
      const got = `what holds itself: it is ${place(level)} again`;
      throw notJson(place(path.length), got, "Leave out the way back.");
    }
    if (isList) checkFilled(node, () => place(path.length));
    above.push(node);
    const inside = (key: string | number, item: unknown): unknown => {
      path.push(key);
      const copy = visit(item);
      path.pop();
      return copy;
    };
    const copy = isList
      ? node.map((item, index) => inside(index, item))
      : Object.fromEntries(Object.entries(node).map(([key, item]) => [key, inside(key, item)]));
    above.pop();
    return copy;
  };
  return visit(tree);
}

function fromReference(value: unknown): unknown {
  if (typeof value !== "string" || !value.startsWith(REFERENCE)) return value;
  return liveWidgets().get(value.slice(REFERENCE.length))?.widget ?? value;
}
