/** A value's place inside of a state, and its bytes in base64. */
interface SavedBuffer {
  readonly path: readonly (string | number)[];
  readonly data: string;
}

/** What a page without a kernel has of a picture. */
export interface SavedState {
  /** JSON; what was binary in it is left out, or null in lists. */
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffers: readonly SavedBuffer[];
}

type Listener = (...values: never[]) => void;

/** The model that a view gets where nobody listens: the saved state, which stays changed as long as the page is open. */
export class PageModel {
  readonly hasKernel = false;
  readonly #state: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor({ state, buffers }: SavedState) {
    this.#state = { ...state };
    for (const { path, data } of buffers) put(this.#state, path, bytesOf(data));
  }

  get(key: string): unknown {
    return this.#state[key];
  }

  set(key: string, value: unknown): void {
    if (Object.is(this.#state[key], value)) return;
    this.#state[key] = value;
    for (const event of [`change:${key}`, "change"])
      for (const listener of [...(this.#listeners.get(event) ?? [])])
        (listener as (model: PageModel, value: unknown) => void)(this, value);
  }

  /** What is set is kept here already. */
  save_changes(): void {}

  /** Goes nowhere: `askKernel` sees that no kernel is here, and asks none. */
  send(): void {}

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }
}

const bytesOf = (base64: string): DataView =>
  new DataView(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);

function put(state: object, path: readonly (string | number)[], value: DataView): void {
  const last = path.at(-1);
  let node: unknown = state;
  for (const key of path.slice(0, -1)) node = childOf(node, key);
  if (last !== undefined && typeof node === "object" && node !== null && isOwnName(last))
    (node as Record<string | number, unknown>)[last] = value;
}

const isOwnName = (key: string | number): boolean => key !== "__proto__";

const childOf = (node: unknown, key: string | number): unknown =>
  typeof node === "object" && node !== null && Object.hasOwn(node, key)
    ? (node as Record<string | number, unknown>)[key]
    : undefined;
