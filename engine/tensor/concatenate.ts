import type { HostArray } from "./tensor.ts";

/** Joins arrays of one type end to end. */
export function concatenate(parts: readonly HostArray[]): HostArray {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first ?? new Float32Array(0);
  const length = parts.reduce((n, part) => n + part.length, 0);
  const out = new (first.constructor as new (n: number) => HostArray)(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}
