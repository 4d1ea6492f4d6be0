/** A place inside a state tree: object keys and array indices from the root down. */
export type BufferPath = (string | number)[];

export interface SplitState {
  /** The tree without its binary leaves: a key is left out of an object, an array keeps `null` in its place. */
  readonly state: Record<string, unknown>;
  readonly bufferPaths: BufferPath[];
  readonly buffers: Uint8Array[];
}

/** The bytes behind any buffer or view, without a copy. */
export function bytesOf(buffer: ArrayBufferLike | ArrayBufferView): Uint8Array {
  if (ArrayBuffer.isView(buffer)) {
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }
  return new Uint8Array(buffer);
}

/**
 * Takes every binary leaf out of a JSON-like tree, as the widget protocol sends them beside the message.
 * @see https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md
 */
export function removeBuffers(tree: Record<string, unknown>): SplitState {
  const bufferPaths: BufferPath[] = [];
  const buffers: Uint8Array[] = [];

  const visit = (value: unknown, path: BufferPath): unknown => {
    if (isBinary(value)) {
      bufferPaths.push(path);
      buffers.push(bytesOf(value));
      return undefined;
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => visit(item, [...path, index]) ?? null);
    }
    if (isPlainObject(value)) {
      const copy: Record<string, unknown> = {};
      for (const [key, item] of Object.entries(value)) {
        if (isBinary(item)) visit(item, [...path, key]);
        else copy[key] = visit(item, [...path, key]);
      }
      return copy;
    }
    return value;
  };

  return { state: visit(tree, []) as Record<string, unknown>, bufferPaths, buffers };
}

/** Puts buffers back where `removeBuffers` took them from; changes the tree in place. */
export function putBuffers<Buffer>(
  tree: Record<string, unknown>,
  bufferPaths: readonly (readonly (string | number)[])[],
  buffers: readonly Buffer[],
): void {
  for (const [index, path] of bufferPaths.entries()) {
    const leaf = path.at(-1);
    const buffer = buffers[index];
    if (leaf === undefined || buffer === undefined || path.some(isUnsafeKey)) continue;
    let node: unknown = tree;
    for (const key of path.slice(0, -1)) {
      node = (node as Record<string | number, unknown> | undefined)?.[key];
    }
    if (typeof node === "object" && node !== null) {
      (node as Record<string | number, unknown>)[leaf] = buffer;
    }
  }
}

function isBinary(value: unknown): value is ArrayBufferLike | ArrayBufferView {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    (typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer)
  );
}

/** What `{}` or JSON makes, not an instance of a class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isUnsafeKey(key: string | number): boolean {
  return key === "__proto__" || key === "constructor" || key === "prototype";
}
