/** How tokenizers cut text before they merge, in the dialect of tokenizer.json. */
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const WORD = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;
const MARKS = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`;
const UPPER = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const LOWER = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
/** Words that end where capitals begin, with what may follow each. */
const cased = (upper: string, lower: string, suffix = "") =>
  String.raw`[^\r\n\p{L}\p{N}]?${upper}*${lower}+${suffix}|[^\r\n\p{L}\p{N}]?${upper}+${lower}*${suffix}`;

const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const QWEN2 = String.raw`${CONTRACTIONS}|${WORD}|\p{N}|${MARKS}|${SPACES}`;
const LLAMA3 = String.raw`${CONTRACTIONS}|${WORD}|\p{N}{1,3}|${MARKS}|${SPACES}`;
const GPT4O = String.raw`${cased(UPPER, LOWER, `${CONTRACTIONS}?`)}|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`;
const DEEPSEEK_WORDS = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+`;
const KANA_AND_HAN = String.raw`\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff`;
const notHan = (letters: string) => String.raw`(?:(?!\p{Script=Han})${letters})`;
const THREE_DIGITS = "[0-9][0-9][0-9]";

/** Letters of the scripts that have two cases, as DeepSeek's file spells them out. */
const CASED =
  "A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\u1f7dᾀ-ᾴᾶ-ᾼ\u1fbeῂ-ῄῆ-ῌ" +
  "ῐ-\u1fd3ῖ-\u1fdbῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\u2126ℨ\u212a-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟" +
  "𞤀-𞥃";

/** One after the other: what a pattern matches stands alone, and so does what lies between. */
export const PATTERNS = {
  default: [String.raw`[\p{P}$+<=>^~|]+`, GPT2, String.raw`\p{N}+`, THREE_DIGITS],
  gpt2: [GPT2],
  qwen2: [QWEN2],
  llama3: [LLAMA3],
  gpt4o: [GPT4O],
  digitsApart: [String.raw`\p{N}`, GPT2],
  falcon: [String.raw`[\p{P}$+<=>^~|${"`"}]+`, GPT2, THREE_DIGITS],
  deepseekLlm: [
    "[\r\n]",
    String.raw`\s?[${CASED}]+`,
    String.raw`\s?[!-/:-~！-／：-～‘-‟　-。]+`,
    String.raw`\s+$`,
    "[一-龥ࠀ-一가-퟿]+",
    String.raw`\p{N}`,
  ],
  deepseekCoder: [
    "[\r\n]",
    String.raw`\s?\p{L}+`,
    String.raw`\s?\p{P}+`,
    "[一-龥ࠀ-一가-퟿]+",
    String.raw`\p{N}`,
  ],
  deepseekV3: [
    String.raw`\p{N}{1,3}`,
    `[${KANA_AND_HAN}]+`,
    String.raw`${DEEPSEEK_WORDS}[\r\n]*|${SPACES}`,
  ],
  spark: [
    String.raw`\p{N}{1,3}`,
    `[${KANA_AND_HAN}]+`,
    String.raw`${DEEPSEEK_WORDS}|[\r\n]|\s+(?!\S)|\s+`,
    String.raw`\p{N}`,
  ],
  afmoe: [
    String.raw`\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))`,
    String.raw`[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f\u2f00-\u2fdf\u0e40-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+`,
    String.raw`${DEEPSEEK_WORDS}[\r\n]*|${SPACES}`,
  ],
  jais2: [
    LLAMA3.replace(
      /\\s\+\(\?!\\S\)\|\\s\+$/,
      String.raw`\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1}`,
    ),
  ],
  youtu: [
    String.raw`[\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|[${KANA_AND_HAN}]+`,
    GPT4O.replace("{1,3}", ""),
  ],
  qwen35: [
    String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${SPACES}`,
  ],
  bloom: [String.raw` ?[^(\s|.,!?…。，、।۔،)]+`],
  viking: [String.raw` ?[^(\s|.,!?…。，、।۔،)]+`, String.raw`\p{N}`],
  tekken: [String.raw`${cased(UPPER, LOWER)}|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|${SPACES}`],
  chameleon: [
    "<sentinel:[0-9]+>",
    "IMGIMG[A-I]{1,4}Z",
    "[\t\n]|    |  ",
    String.raw`\p{N}`,
    String.raw`[\p{P}!-/:-@\[-${"`"}{-~]`,
    GPT2,
  ],
  tinyAya: [String.raw`\d{1,3}(?=(?:\d{3})*\b)`, GPT4O],
  kimiK2: [
    String.raw`\p{Script=Han}+|${cased(notHan(UPPER), notHan(LOWER), `${CONTRACTIONS}?`)}|\p{N}{1,3}|${MARKS}|${SPACES}`,
  ],
  superbpe: [
    String.raw`\p{N}+`,
    String.raw`[\s\S](?:(?!(?:\d{3})+(?!\d))[\s\S])*`, // a piece begins where threes are left
  ],
  bailing: [String.raw`'(?i:[sdmt]|ll|ve|re)|${WORD}|\p{N}|${MARKS}|\s*[\r\n]|\s+(?!\S)|\s+`],
  seedCoder: [String.raw`${CONTRACTIONS}|${WORD}|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${SPACES}`],
  ufakzeka: [String.raw`${WORD}|\p{N}|${MARKS}|${SPACES}`],
  laguna: [String.raw`[^\n]+|[\n]+`, QWEN2],
  lines: [String.raw`[^\n]+|[\n]+`],
  words: [String.raw`\S+`],
  exaoneMoe: [
    String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`,
  ],
  minicpm5: [String.raw`\p{N}{1,3}`, String.raw`${CONTRACTIONS}|${WORD}|\p{N}+|${MARKS}|${SPACES}`],
} as const satisfies Readonly<Record<string, readonly string[]>>;
