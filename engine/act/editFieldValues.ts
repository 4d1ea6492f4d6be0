import { Dictionary } from "../dictionary/dictionary.ts";
import { Tensor } from "../tensor/tensor.ts";

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);

export const isIndex = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

export const isIndexList = (value: unknown): value is readonly number[] =>
  isList(value) && value.every(isIndex);

/** Finite numbers by id, which is written as a number is: `7`, not `07`. */
export const isBias = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  Object.entries(value).length > 0 &&
  Object.entries(value).every(([id, by]) => isIdText(id) && Number.isFinite(by));

const isIdText = (text: string): boolean => isIndex(Number(text)) && String(Number(text)) === text;

export const isReader = (value: unknown): boolean =>
  typeof (value as { get?: unknown } | null)?.get === "function";

export const isReaders = (value: unknown): boolean =>
  isList(value) && value.length > 0 && value.every(isReader);

export const isUnit = (value: unknown): boolean => Number.isFinite(value) && (value as number) > 0;

/** Loaded, or the name of one, as records have it. */
export const isDictionary = (value: unknown): boolean =>
  value instanceof Dictionary || typeof (value as { folder?: unknown } | null)?.folder === "string";

/** Rows of finite numbers. */
export function isDirection(value: unknown): boolean {
  if (typeof value === "number" || !isEditValue(value)) return false;
  const data = value instanceof Tensor ? value.data : [...(value as Iterable<number>)].flat();
  return data.every((x: number) => Number.isFinite(x));
}

export function isEditValue(value: unknown): boolean {
  if (typeof value === "number") return !Number.isNaN(value);
  if (isList(value) && Array.isArray(value[0]))
    return value.every(
      (row) => isList(row) && row.length === (value[0] as unknown[]).length && isEditValue(row),
    );
  const data = value instanceof Tensor ? value.data : value;
  if (!isList(data) && !(data instanceof Float32Array) && !(data instanceof Float64Array))
    return false;
  return data.length > 0 && data.every((x: unknown) => typeof x === "number" && !Number.isNaN(x));
}

/** A value as a message has it. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
