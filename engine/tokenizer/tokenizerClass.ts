import type { JsonObject } from "../base/json.ts";

/** The class that transformers 5 takes for a model's tokenizer, of those that bring something of their own. */
export type TokenizerClass =
  | "GPT2Tokenizer"
  | "GPTNeoXTokenizer"
  | "GemmaTokenizer"
  | "LlamaTokenizer"
  | "Qwen2Tokenizer"
  | "T5Tokenizer"
  | "TokenizersBackend";

/** What each class calls its special tokens where no file says. */
export const CLASS_TOKENS: Readonly<Record<TokenizerClass, Readonly<Record<string, string>>>> = {
  GPT2Tokenizer: named("<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
  GPTNeoXTokenizer: {
    ...named("<|endoftext|>", "<|endoftext|>", "<|endoftext|>"),
    pad_token: "<|padding|>",
  },
  GemmaTokenizer: { ...named("<bos>", "<eos>", "<unk>"), pad_token: "<pad>", mask_token: "<mask>" },
  LlamaTokenizer: named("<s>", "</s>", "<unk>"),
  Qwen2Tokenizer: {
    eos_token: "<|endoftext|>",
    unk_token: "<|endoftext|>",
    pad_token: "<|endoftext|>",
  },
  T5Tokenizer: { eos_token: "</s>", unk_token: "<unk>", pad_token: "<pad>" },
  TokenizersBackend: {},
};

/** By model_type of config.json; what is not here has no class of its own in transformers 5.18. */
const BY_MODEL_TYPE: Readonly<Record<string, TokenizerClass>> = {
  deepseek_v2: "TokenizersBackend",
  deepseek_v3: "TokenizersBackend",
  deepseek_v32: "TokenizersBackend",
  gemma: "GemmaTokenizer",
  gemma2: "GemmaTokenizer",
  gemma3_text: "GemmaTokenizer",
  gpt2: "GPT2Tokenizer",
  gpt_neox: "GPTNeoXTokenizer",
  mistral: "TokenizersBackend",
  mixtral: "TokenizersBackend",
  olmo2: "TokenizersBackend",
  olmoe: "GPTNeoXTokenizer",
  phi3: "TokenizersBackend",
  qwen2: "Qwen2Tokenizer",
  qwen2_moe: "Qwen2Tokenizer",
  qwen3: "Qwen2Tokenizer",
  qwen3_moe: "Qwen2Tokenizer",
  t5: "T5Tokenizer",
};
/** Whose tokenizer_config.json is known to name a wrong class, so that the model's own counts. */
const NAMES_WRONG_CLASS = new Set(["deepseek_v2", "deepseek_v3", "deepseek_v32", "phi3", "qwen2"]);

/**
 * Which class AutoTokenizer of transformers 5.18 would make: the one that tokenizer_config.json or config.json names, unless
 * the model has a general one, or is known for naming a wrong one.
 */
export function tokenizerClass(config: JsonObject = {}, tokenizerConfig: JsonObject = {}) {
  const given = tokenizerConfig.tokenizer_class ?? config.tokenizer_class;
  const name = typeof given === "string" ? given.replace(/Fast$/, "") : null;
  const modelType = String(config.model_type ?? "");
  const own = Object.hasOwn(BY_MODEL_TYPE, modelType) ? BY_MODEL_TYPE[modelType] : undefined;
  if (own !== undefined && name !== own) {
    if (name === null || own === "TokenizersBackend" || NAMES_WRONG_CLASS.has(modelType))
      return own;
  }
  return known(name);
}

function known(name: string | null): TokenizerClass {
  if (name === "CodeLlamaTokenizer") return "LlamaTokenizer";
  return name !== null && Object.hasOwn(CLASS_TOKENS, name)
    ? (name as TokenizerClass)
    : "TokenizersBackend";
}

function named(bos: string, eos: string, unk: string): Record<string, string> {
  return { bos_token: bos, eos_token: eos, unk_token: unk };
}
