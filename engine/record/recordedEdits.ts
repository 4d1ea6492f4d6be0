import { checkEdit } from "../act/checkEdit.ts";
import type { Edit } from "../act/edit.ts";
import { isObject, type JsonObject } from "../base/json.ts";
import { referenceOf } from "../dictionary/dictionary.ts";
import { Tensor } from "../tensor/tensor.ts";
import { malformed, shown } from "./recordErrors.ts";

/** Fields of an edit that may be arrays. */
const NUMBERS = ["value", "pattern"] as const;

/** Edits as JSON, and the arrays in them as tensors, which keep their bits. */
export interface RecordedEdits {
  readonly json: readonly JsonObject[];
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** Of a function its text is left, of a dictionary where it lies. */
export function recordedEdits(edits: readonly Edit[]): RecordedEdits {
  const tensors = new Map<string, Tensor>();
  const json = edits.map((edit, i): JsonObject => {
    const plain: Record<string, unknown> = { ...edit };
    if (edit.kind === "change") plain.change = String(edit.change);
    if (edit.kind === "features") plain.dictionary = referenceOf(edit.dictionary);
    for (const field of NUMBERS) {
      const value = plain[field];
      const tensor = tensorOf(value);
      if (tensor === null) continue;
      const name = `record.edit.${i}.${field}`;
      tensors.set(name, tensor);
      plain[field] = { tensor: name };
    }
    return plain;
  });
  return { json, tensors };
}

function tensorOf(value: unknown): Tensor | null {
  if (value instanceof Tensor) return value;
  if (value instanceof Float32Array || value instanceof Float64Array)
    return new Tensor(value, [value.length]);
  return null;
}

/**
 * The edits again. One by a function keeps its text and cannot be carried out; one of a dictionary's features waits for its files.
 * @throws RecordError ERR_RECORD; InputError ERR_EDIT, ERR_OPTION
 */
export function editsOf(
  json: readonly JsonObject[],
  tensors: ReadonlyMap<string, Tensor>,
  place: string,
): Edit[] {
  return json.map((item, i) => {
    const edit: Record<string, unknown> = { ...item };
    for (const field of NUMBERS) {
      const value = edit[field];
      if (!isObject(value)) continue;
      const tensor = typeof value.tensor === "string" ? tensors.get(value.tensor) : undefined;
      if (tensor === undefined)
        throw malformed(`${place}.edits[${i}].${field}`, {
          expected: "numbers, or the name of a tensor of the record",
          got: shown(value),
          fix: "The record is damaged; save the run again.",
        });
      edit[field] = tensor;
    }
    if (edit.kind === "change") edit.change = unavailable(String(edit.change));
    checkEdit(`${place}.edits[${i}]`, edit as unknown as Edit);
    return edit as unknown as Edit;
  });
}

/** Stands where a function was. */
function unavailable(text: string) {
  const change = () => {
    throw new Error("a function of a record is not carried out");
  };
  return Object.assign(change, { toString: () => text });
}
