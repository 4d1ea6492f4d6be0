import { Tokenizer as Components } from "@huggingface/tokenizers";
import type { JsonObject } from "../base/json.ts";
import { componentsOf } from "./components.ts";
import { precompiledNormalizer } from "./sentencepiece/precompiledNormalizer.ts";
import {
  type Place,
  type SentencePieceRules,
  sentencePieceNormalizer,
} from "./sentencepiece/sentencePieceNormalizer.ts";

type Normalize = (text: string, place: Place) => string;

/** The normalizer of tokenizer.json as a function; without one the text stays as it is. */
export function normalizerOf(normalizer: unknown): Normalize {
  const steps = componentsOf(normalizer, "normalizers").map(stepOf);
  return (text, place) => steps.reduce((given, step) => step(given, place), text);
}

function stepOf(part: JsonObject): Normalize {
  if (part.type === "SentencePiece")
    return sentencePieceNormalizer(part.rules as SentencePieceRules);
  if (part.type === "Lowercase") return lowerCase;
  if (part.type === "Precompiled") return precompiledNormalizer(part.precompiled_charsmap);
  const { normalizer } = new Components(
    {
      normalizer: part,
      pre_tokenizer: null,
      post_processor: null,
      decoder: null,
      added_tokens: [],
      model: { type: "BPE", vocab: {}, merges: [] },
    },
    {},
  );
  if (normalizer === null) throw new Error("no normalizer");
  return (text) => normalizer(text);
}

/** Character by character, as the Python library does: a sigma at the end of a word is no exception. */
function lowerCase(text: string): string {
  return Array.from(text, (character) => character.toLowerCase()).join("");
}
