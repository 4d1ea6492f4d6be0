import type { JsonObject } from "../../base/json.ts";
import type { GgufMetadata } from "../../weights/gguf/ggufMetadata.ts";
import { PATTERNS } from "./ggufPatterns.ts";

/** How a tokenizer with merges prepares a text and spells tokens, in the form of tokenizer.json. */
export interface Preparation {
  readonly preTokenizer: JsonObject;
  readonly normalizer: JsonObject | null;
  readonly decoder: JsonObject;
  /** What becomes of a piece besides merging: fields of the model. */
  readonly model: JsonObject;
  /** Does a text begin with the token for that where the file does not say? "always" where llama.cpp does not ask the file. */
  readonly begins: boolean | "always";
}

/**
 * How tokens spell text: every byte as a character of GPT-2's alphabet; as it is, with "▁" for a space; or just as it is. The
 * latter two spell characters without a token byte by byte, as <0xNN>.
 */
type Spelling = "bytes" | "marks" | "plain";

interface Group {
  readonly patterns: keyof typeof PATTERNS;
  /** llama.cpp's names of it. */
  readonly names: readonly string[];
  /** Text is normalised to NFC, as the tokenizer.json that the names stand for says. */
  readonly nfc?: boolean;
  readonly ignoresMerges?: boolean;
  readonly begins?: boolean | "always";
  readonly spelling?: Exclude<Spelling, "bytes">;
  /** A run of newlines that is a token stays whole, whatever the merges say. */
  readonly keepsNewlines?: boolean;
}

/** What llama.cpp knows of vocabularies with merges. @see https://github.com/ggml-org/llama.cpp/blob/master/src/llama-vocab.cpp */
const GROUPS: readonly Group[] = [
  { patterns: "default", names: ["default"] },
  { patterns: "gpt2", names: ["gpt-2", "phi-2", "mpt", "jais", "trillion", "granite-docling"] },
  { patterns: "gpt2", names: ["gigachat", "a.x-4.0", "mellum", "modern-bert", "exaone4"] },
  { patterns: "gpt2", names: ["jina-es", "jina-de", "jina-v2-es", "jina-v2-de"] },
  { patterns: "gpt2", names: ["jina-v1-en", "jina-v2-code", "roberta-bpe"] },
  { patterns: "gpt2", names: ["olmo"], nfc: true },
  { patterns: "qwen2", names: ["qwen2", "deepseek-r1-qwen"], nfc: true },
  { patterns: "qwen2", names: ["megrez", "kormo", "f2llmv2", "stablelm2", "hunyuan"] },
  { patterns: "qwen2", names: ["solar-open", "grok-2"] },
  { patterns: "qwen35", names: ["qwen35"], nfc: true },
  {
    patterns: "llama3",
    names: ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0"],
    ignoresMerges: true,
    begins: true,
  },
  { patterns: "llama3", names: ["lfm2", "jina-v5-nano"], ignoresMerges: true, begins: true },
  { patterns: "llama3", names: ["dbrx", "smaug-bpe", "chatglm-bpe", "glm4"] },
  { patterns: "jais2", names: ["jais-2"] },
  { patterns: "gpt4o", names: ["gpt-4o", "llama4"], ignoresMerges: true },
  { patterns: "gpt4o", names: ["kanana2", "talkie", "minimax-m2"] },
  { patterns: "gpt4o", names: ["granite-embed-multi-97m"], ignoresMerges: true },
  { patterns: "tekken", names: ["tekken"], ignoresMerges: true, begins: true },
  { patterns: "digitsApart", names: ["smollm", "starcoder", "refact", "codeshell", "exaone"] },
  { patterns: "digitsApart", names: ["minerva-7b", "mellum2"] },
  { patterns: "digitsApart", names: ["command-r"], nfc: true },
  { patterns: "deepseekLlm", names: ["deepseek-llm"] },
  { patterns: "deepseekCoder", names: ["deepseek-coder"] },
  { patterns: "deepseekV3", names: ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"] },
  { patterns: "spark", names: ["spark2_5"] },
  { patterns: "afmoe", names: ["afmoe"] },
  { patterns: "youtu", names: ["youtu"], ignoresMerges: true },
  { patterns: "falcon", names: ["falcon"] },
  { patterns: "bloom", names: ["bloom", "poro-chat", "gpt3-finnish"] },
  { patterns: "viking", names: ["viking"] },
  { patterns: "chameleon", names: ["chameleon"], begins: true },
  { patterns: "tinyAya", names: ["tiny_aya", "cohere2moe"] },
  { patterns: "kimiK2", names: ["kimi-k2"] },
  { patterns: "superbpe", names: ["superbpe"] },
  { patterns: "bailing", names: ["bailingmoe", "bailingmoe2", "llada-moe"] },
  { patterns: "seedCoder", names: ["seed-coder"] },
  { patterns: "ufakzeka", names: ["ufakzeka"] },
  { patterns: "laguna", names: ["laguna"] },
  { patterns: "exaoneMoe", names: ["exaone-moe"] },
  { patterns: "minicpm5", names: ["minicpm5"], ignoresMerges: true },
  {
    patterns: "lines",
    names: ["gemma4", "granite-embed-multi-311m"],
    spelling: "marks",
    keepsNewlines: true,
    begins: "always",
  },
  { patterns: "lines", names: ["sarvam-moe"], spelling: "marks" },
  { patterns: "words", names: ["whitespace"], spelling: "plain" },
];

const BY_NAME = new Map(GROUPS.flatMap((group) => group.names.map((name) => [name, group])));

/** Every name of tokenizer.ggml.pre that is understood. */
export const PRE_TOKENIZERS: readonly string[] = [...BY_NAME.keys()];

/** What to use instead of a file whose tokenizer is not understood; the model says that it takes token ids, too. */
export const OTHER_FILE = "Use the safetensors checkpoint of this model.";

/** Vocabularies with merges, as tokenizer.ggml.model names them. */
export const MERGING: readonly string[] = ["gpt2", "gemma4", "whitespace"];

/** @throws ConfigError ERR_TOKENIZER for a name that is not known */
export function preTokenizer(metadata: GgufMetadata): Preparation {
  const kind = metadata.get("tokenizer.ggml.model");
  const name = kind === "gemma4" ? kind : metadata.string("tokenizer.ggml.pre", "default");
  if (kind === "whitespace" && name !== kind) refuse(metadata, '"whitespace", as the model is');
  const group = BY_NAME.get(name);
  if (group === undefined)
    return refuse(
      metadata,
      `one of ${PRE_TOKENIZERS.length} names such as default, gpt-2, qwen2, llama-bpe or smollm`,
    );
  const { nfc = false, ignoresMerges = false, keepsNewlines = false, begins = false } = group;
  const spelling = group.spelling ?? "bytes";
  const lowers =
    kind === "whitespace" && metadata.boolean("tokenizer.ggml.normalizer.lowercase", false);
  const cuts = PATTERNS[group.patterns].map((pattern) => ({
    type: "Split",
    pattern: { Regex: pattern },
    behavior: "Isolated",
    invert: false,
  }));
  const pretokenizers = kind === "whitespace" ? [{ type: "WhitespaceSplit" }] : cuts;
  const normalizers = [...(nfc ? [{ type: "NFC" }] : []), ...(lowers ? LOWER_CASE : [])];
  return {
    preTokenizer: {
      type: "Sequence",
      pretokenizers: [...pretokenizers, ...(spelling === "bytes" ? [BYTES] : [])],
    },
    normalizer:
      spelling === "marks"
        ? { type: "Replace", pattern: { String: " " }, content: "▁" }
        : sequence(normalizers),
    decoder: DECODERS[spelling],
    model: {
      ignore_merges: ignoresMerges,
      ...(spelling !== "bytes" && { byte_fallback: true }),
      ...(keepsNewlines && { keep_newlines: true }),
    },
    begins,
  };
}

const BYTES = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false };

const DECODERS: Readonly<Record<Spelling, JsonObject>> = {
  bytes: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  marks: {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
    ],
  },
  plain: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
};

/** Character by character, the first of what comes out: the dotted I is the only one that becomes two. */
const LOWER_CASE: readonly JsonObject[] = [
  { type: "Replace", pattern: { String: "\u0130" }, content: "i" },
  { type: "Lowercase" },
];

function sequence(normalizers: readonly JsonObject[]): JsonObject | null {
  const [first = null] = normalizers;
  return normalizers.length > 1 ? { type: "Sequence", normalizers } : first;
}

function refuse(metadata: GgufMetadata, expected: string): never {
  return metadata.fail("tokenizer.ggml.pre", expected, OTHER_FILE, "ERR_TOKENIZER");
}
