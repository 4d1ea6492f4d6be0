import { WeightsError } from "../base/errors.ts";
import type { Checkpoint, TensorEntry } from "../weights/checkpoint.ts";
import { ARCHITECTURES } from "./architectures/table.ts";
import type { ModelSpec } from "./spec.ts";

/** What the text part of a larger model stands under. */
const TEXT_PART = /^(model\.)?language_model\./;
const HEAD = "lm_head.";

/**
 * From the names of the architecture's table to those that the checkpoint has. A checkpoint of the base model alone leaves
 * the first part of every name out (`layers.0...` for `model.layers.0...`, `h.0...` for `transformer.h.0...`); one that
 * was cut out of a larger model puts `language_model.` or `model.language_model.` before it. Each name is looked at
 * alone, as transformers does. Where word embeddings are tied and only the head is stored, it is the embedding too.
 * @throws WeightsError ERR_TENSOR_UNEXPECTED for two spellings of one name
 */
export function canonicalNames(
  checkpoint: Checkpoint,
  { architecture, tiedEmbeddings }: Pick<ModelSpec, "architecture" | "tiedEmbeddings">,
): ReadonlyMap<string, string> {
  const table = ARCHITECTURES.get(architecture)?.names;
  const embedding = table?.get("embed")?.template.replace(/weight$/, "") ?? "";
  const base = embedding.slice(0, embedding.indexOf(".") + 1);
  const roots = new Set(
    [...(table?.values() ?? [])]
      .filter(({ template }) => template.startsWith(base))
      .map(({ template }) => firstPart(template.slice(base.length))),
  );
  const names = new Map<string, string>();
  for (const stored of checkpoint.tensors.keys()) {
    const bare = stored.replace(TEXT_PART, "");
    const name = roots.has(firstPart(bare)) ? base + bare : bare;
    const other = names.get(name);
    if (other !== undefined)
      throw new WeightsError(
        "ERR_TENSOR_UNEXPECTED",
        `${checkpoint.name}: expected every tensor once, got ${other} and ${stored}, which both stand for ${name}. Leave one of them out.`,
      );
    names.set(name, stored);
  }
  const all = [...names];
  if (tiedEmbeddings && !all.some(([name]) => name.startsWith(embedding)))
    for (const [name, stored] of all)
      if (name.startsWith(HEAD)) {
        names.delete(name);
        names.set(embedding + name.slice(HEAD.length), stored);
      }
  return names;
}

/** The same checkpoint under other names. */
export function renamedCheckpoint(
  checkpoint: Checkpoint,
  names: ReadonlyMap<string, string>,
): Checkpoint {
  const stored = (name: string): string => names.get(name) ?? name;
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of inStoredOrder(checkpoint, names)) tensors.set(name, entry);
  const { name, location, config, generationConfig, hash, totalParameters, sizeBytes } = checkpoint;
  return {
    ...{ name, location, config, generationConfig, hash, totalParameters, sizeBytes },
    tensors,
    readTensor: (tensor) => checkpoint.readTensor(stored(tensor)),
    readRange: (tensor, start, length) => checkpoint.readRange(stored(tensor), start, length),
    readInto: (tensor, start, target) => checkpoint.readInto(stored(tensor), start, target),
    close: () => checkpoint.close(),
  };
}

function* inStoredOrder(
  checkpoint: Checkpoint,
  names: ReadonlyMap<string, string>,
): Generator<[string, TensorEntry]> {
  const canonical = new Map([...names].map(([name, stored]) => [stored, name]));
  for (const [stored, entry] of checkpoint.tensors) yield [canonical.get(stored) ?? stored, entry];
}

function firstPart(name: string): string {
  return name.split(".", 1)[0] ?? name;
}
