import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { readJson, readText } from "../weights/readJson.node.ts";
import { VOCABULARY_FILE } from "../weights/vocabularyFile.ts";
import { fromVocabMerges } from "./fromVocabMerges.ts";
import { fromSentencePiece } from "./sentencepiece/fromSentencePiece.ts";
import { parseSentencePiece } from "./sentencepiece/sentencePieceModel.ts";
import { Tokenizer } from "./tokenizer.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/** Files of a SentencePiece model, the first that is there. */
const SENTENCE_PIECE_FILES = ["tokenizer.model", "spiece.model"];
type Settings = Omit<TokenizerFiles, "tokenizer">;

/**
 * The tokenizer of a checkpoint's folder: tokenizer.json or, without one, what tokenizer.model (SentencePiece) or vocab.json
 * with merges.txt hold; beside it, where they are, tokenizer_config.json, special_tokens_map.json, added_tokens.json,
 * chat_template.jinja, config.json and generation_config.json.
 * @throws ConfigError ERR_TOKENIZER_MISSING where no file holds a tokenizer that is run here; ERR_TOKENIZER, ERR_JSON
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const json = async (name: string) => (await readJson(join(folder, name)))?.json;
  const settings: Settings = Object.fromEntries(
    Object.entries({
      tokenizerConfig: await json("tokenizer_config.json"),
      specialTokensMap: await json("special_tokens_map.json"),
      addedTokens: await json("added_tokens.json"),
      config: await json("config.json"),
      generationConfig: await json("generation_config.json"),
      chatTemplate: (await readText(join(folder, "chat_template.jinja"))) ?? undefined,
    }).filter(([, value]) => value !== undefined),
  );
  const tokenizer = await json("tokenizer.json");
  const files = tokenizer ? { tokenizer } : await convertedFiles(folder, settings);
  return new Tokenizer({ ...settings, ...files });
}

async function convertedFiles(folder: string, settings: Settings): Promise<TokenizerFiles> {
  for (const name of SENTENCE_PIECE_FILES) {
    const bytes = await readFile(join(folder, name)).catch(() => null);
    if (bytes !== null) return fromSentencePiece(parseSentencePiece(bytes, name), settings);
  }
  const vocab = await readJson(join(folder, "vocab.json"));
  const merges = await readText(join(folder, "merges.txt"));
  if (vocab !== null && merges !== null) return fromVocabMerges(vocab.json, merges, settings);
  const others = (await readdir(folder)).filter((name) => VOCABULARY_FILE.test(name));
  throw new ConfigError(
    "ERR_TOKENIZER_MISSING",
    `${folder}: expected tokenizer.json, a SentencePiece model (${SENTENCE_PIECE_FILES.join(", ")}) or vocab.json with merges.txt, got ${others.length > 0 ? `only ${others.join(", ")}` : "none of them"}. Save the tokenizer with transformers' AutoTokenizer.save_pretrained, which writes tokenizer.json.`,
  );
}
