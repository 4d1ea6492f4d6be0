type Listener = (...values: never[]) => void;

/** State as a view reads it, and tells of its changes: a model that no widget manager knows. */
export class StateModel {
  readonly #state: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(state: Readonly<Record<string, unknown>>) {
    this.#state = { ...state };
  }

  get(key: string): unknown {
    return this.#state[key];
  }

  set(key: string, value: unknown): void {
    if (Object.is(this.#state[key], value)) return;
    this.#state[key] = value;
    for (const event of [`change:${key}`, "change"]) this.fire(event, this, value);
  }

  /** What is set is kept here already. */
  save_changes(): void {}

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event: string, listener: Listener): void {
    this.#listeners.get(event)?.delete(listener);
  }

  protected fire(event: string, ...values: readonly unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])])
      (listener as (...values: readonly unknown[]) => void)(...values);
  }
}

/** Puts a buffer where it was taken from; changes the state in place. */
export function putBuffer(
  state: object,
  path: readonly (string | number)[],
  value: ArrayBuffer | DataView,
): void {
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
