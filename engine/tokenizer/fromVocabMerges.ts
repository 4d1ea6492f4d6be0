import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import { templateProcessor } from "./templateProcessor.ts";
import { CLASS_TOKENS, tokenizerClass } from "./tokenizerClass.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

type Settings = Pick<TokenizerFiles, "config" | "tokenizerConfig" | "specialTokensMap">;

/** How Qwen's tokenizers cut text. */
const QWEN2 = String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;

/**
 * A byte-level vocab.json with its merges.txt as the tokenizer.json that transformers makes of them, by class.
 * @throws ConfigError ERR_TOKENIZER where a merge is none; ERR_TOKENIZER_MISSING for a class that is not known to cut text so
 */
export function fromVocabMerges(
  vocab: JsonObject,
  mergesText: string,
  settings: Settings,
): TokenizerFiles {
  const config = settings.tokenizerConfig ?? {};
  const name = tokenizerClass(settings.config, config);
  const prefixes = config.add_prefix_space === true;
  const bytes = { type: "ByteLevel", add_prefix_space: prefixes, trim_offsets: true };
  const split = { type: "Split", pattern: { Regex: QWEN2 }, behavior: "Isolated", invert: false };
  const isQwen = name === "Qwen2Tokenizer";
  if (!isQwen && name !== "GPT2Tokenizer" && name !== "GPTNeoXTokenizer")
    throw new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `vocab.json and merges.txt: expected those of a GPT2Tokenizer, Qwen2Tokenizer or GPTNeoXTokenizer, got tokenizer_class ${JSON.stringify(config.tokenizer_class ?? null)}. Save the tokenizer with transformers' AutoTokenizer.save_pretrained, which writes tokenizer.json.`,
    );
  const token = (role: "bos_token" | "eos_token"): string | null => {
    for (const said of [settings.specialTokensMap, config, CLASS_TOKENS[name]] as JsonObject[])
      if (said !== undefined && Object.hasOwn(said, role)) return textOf(said[role]);
    return null;
  };
  const idOf = (text: string): number | undefined =>
    Object.hasOwn(vocab, text) ? (vocab[text] as number) : undefined;
  return {
    tokenizer: {
      version: "1.0",
      added_tokens: [],
      normalizer: name === "GPT2Tokenizer" ? null : { type: "NFC" },
      pre_tokenizer: isQwen
        ? { type: "Sequence", pretokenizers: [split, { ...bytes, use_regex: false }] }
        : { ...bytes, use_regex: true },
      post_processor: templateProcessor(
        config.add_bos_token === true ? token("bos_token") : null,
        config.add_eos_token === true ? token("eos_token") : null,
        idOf,
      ),
      decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
      model: { type: "BPE", vocab, merges: mergesOf(mergesText) },
    },
  };
}

function mergesOf(text: string): [string, string][] {
  return text
    .replace(/\r?\n$/, "")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#version"))
    .map((line, index) => {
      const [left, right, ...more] = line.split(" ");
      if (left === undefined || right === undefined || more.length > 0)
        throw new ConfigError(
          "ERR_TOKENIZER",
          `merges.txt: expected two tokens in every line, got ${JSON.stringify(line.slice(0, 60))} as merge ${index}. Download the file again.`,
        );
      return [left, right];
    });
}

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  const content = (value as JsonObject | null)?.content;
  return typeof content === "string" ? content : null;
}
