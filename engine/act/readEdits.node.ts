import { readFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { isObject, type JsonObject } from "../base/json.ts";
import type { Dictionary, DictionaryReference } from "../dictionary/dictionary.ts";
import { openReference } from "../dictionary/openReference.node.ts";
import { Tensor } from "../tensor/tensor.ts";
import { SafetensorsFile } from "../weights/safetensorsFile.node.ts";
import { checkEdit, editError } from "./checkEdit.ts";
import type { Edit } from "./edit.ts";

/**
 * The edits in a JSON file: a list of them. A value may be `{ "file": ..., "tensor": ... }`, a tensor of a safetensors file,
 * a dictionary `{ "folder": ... }`; both paths start from the JSON file's folder.
 * @throws InputError ERR_EDIT, ERR_OPTION; ConfigError ERR_DICTIONARY; WeightsError for a safetensors file that cannot be read
 */
export async function readEdits(path: string): Promise<Edit[]> {
  const name = basename(path);
  const list = await readList(path, name);
  return Promise.all(
    list.map(async (item, i) => {
      const what = `${name}[${i}]`;
      if (!isObject(item))
        throw editError(what, "an edit", JSON.stringify(item), 'Write { "kind": ... }.');
      const edit: Record<string, unknown> = { ...item };
      for (const field of ["value", "pattern"]) {
        const value = item[field];
        if (isObject(value)) edit[field] = await readValue(what, field, value, dirname(path));
      }
      if (edit.kind === "features") {
        const dictionary = await readDictionary(what, item.dictionary, dirname(path));
        edit.dictionary = dictionary;
        edit.site ??= dictionary.siteOut;
      }
      if (edit.kind === "change")
        throw editError(
          what,
          "edits that are data",
          "change, which takes a function",
          "Use change in a notebook, or another kind here.",
        );
      checkEdit(what, edit as unknown as Edit);
      return edit as unknown as Edit;
    }),
  );
}

async function readList(path: string, name: string): Promise<readonly unknown[]> {
  let list: unknown;
  try {
    list = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw editError(name, "a JSON file with a list of edits", got, `Look at ${path}.`);
  }
  if (Array.isArray(list)) return list;
  throw editError(
    name,
    "a list of edits",
    typeof list,
    'Write [{ "kind": ... }]; [] changes nothing.',
  );
}

async function readDictionary(what: string, value: unknown, from: string): Promise<Dictionary> {
  if (isObject(value) && typeof value.folder === "string")
    return openReference(value as unknown as DictionaryReference, from);
  throw editError(
    what,
    '{ "folder": ... } as dictionary',
    JSON.stringify(value) ?? "nothing",
    "Name the folder of a dictionary.",
  );
}

async function readValue(
  what: string,
  field: string,
  value: JsonObject,
  folder: string,
): Promise<Tensor> {
  const { file, tensor } = value;
  if (typeof file !== "string" || typeof tensor !== "string")
    throw editError(
      what,
      `{ "file": ..., "tensor": ... } as ${field}`,
      JSON.stringify(value),
      "Name the file and the tensor in it.",
    );
  const opened = await SafetensorsFile.open(resolve(folder, file));
  try {
    const entry = opened.header.tensors.get(tensor);
    if (entry === undefined || entry.dtype !== "F32")
      throw editError(
        what,
        `an F32 tensor "${tensor}" in ${file}`,
        entry?.dtype ?? "none of that name",
        "Write the values as F32.",
      );
    const bytes = new Uint8Array(entry.byteLength);
    await opened.read(bytes, entry.byteOffset);
    return new Tensor(new Float32Array(bytes.buffer), entry.shape);
  } finally {
    await opened.close();
  }
}
