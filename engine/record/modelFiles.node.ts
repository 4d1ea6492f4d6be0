import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ModelFile } from "./modelFile.ts";
import { hashFile } from "./writeRecord.node.ts";

/** What tokens, templates and the defaults of generation are read from, beside the weights. */
const FILES = [
  "tokenizer.json",
  "tokenizer.model",
  "spiece.model",
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
  "generation_config.json",
];

/** Those of a checkpoint's folder; none of a GGUF, whose one file has everything and is hashed with the weights. */
export async function modelFiles(location: string): Promise<ModelFile[]> {
  if (location.endsWith(".gguf")) return [];
  const files: ModelFile[] = [];
  for (const file of FILES.filter((file) => existsSync(join(location, file))))
    files.push({ name: file, sha256: await hashFile(join(location, file)) });
  return files;
}
