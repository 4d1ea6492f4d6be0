import type { GgufMetadataValue } from "./ggufHeader.ts";

/** The bytes that GPT-2's byte-level BPE writes as themselves. */
const isPrintable = (byte: number): boolean =>
  (byte > 32 && byte < 127) || (byte > 160 && byte < 256 && byte !== 173);

/** All 256 bytes as GPT-2 writes them: those that cannot be printed follow from code point 256 on. */
function byteTokens(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) =>
    String.fromCodePoint(isPrintable(byte) ? byte : next++),
  );
}

/** A byte-level vocabulary of one merge, filled up with names of numbers: programs that read the file ask for one. */
export function vocabulary(size: number): Readonly<Record<string, GgufMetadataValue>> {
  const bytes = byteTokens();
  const rest = Array.from({ length: size - bytes.length - 1 }, (_, i) => `<token ${i}>`);
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "qwen2",
    "tokenizer.ggml.tokens": [...bytes, "ab", ...rest],
    "tokenizer.ggml.merges": ["a b"],
    "tokenizer.ggml.eos_token_id": size - 1,
  };
}
