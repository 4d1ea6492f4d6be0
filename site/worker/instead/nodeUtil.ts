/** What of `node:util` plain JSON is checked with, on `instanceof`: all objects of a worker are of its own realm. */
export const types = {
  isBoxedPrimitive: (value: unknown): boolean =>
    [Number, String, Boolean, Symbol, BigInt].some((type) => value instanceof (type as never)),
  isTypedArray: (value: unknown): boolean =>
    ArrayBuffer.isView(value) && !(value instanceof DataView),
  isPromise: (value: unknown): boolean => value instanceof Promise,
  isMap: (value: unknown): boolean => value instanceof Map,
  isSet: (value: unknown): boolean => value instanceof Set,
  isAnyArrayBuffer: (value: unknown): boolean => value instanceof ArrayBuffer,
  isDataView: (value: unknown): boolean => value instanceof DataView,
};
