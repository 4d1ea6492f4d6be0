import { resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import type { Dictionary, DictionaryReference } from "./dictionary.ts";
import { loadDictionary } from "./loadDictionary.node.ts";

/**
 * The dictionary that an edit's JSON names.
 * @param from where its folder's path starts
 * @throws ConfigError ERR_DICTIONARY for other files than the edit was made with; as `loadDictionary`
 */
export async function openReference(
  { folder, sha256, ...options }: DictionaryReference,
  from: string,
): Promise<Dictionary> {
  const dictionary = await loadDictionary(resolve(from, folder), options);
  if (sha256 === undefined || sha256 === dictionary.sha256) return dictionary;
  throw new ConfigError(
    "ERR_DICTIONARY",
    `dictionary in ${folder}: expected files with the sha256 ${sha256}, got ${dictionary.sha256}. Put those back that the edit was made with.`,
  );
}
