import type { JsonObject } from "../../base/json.ts";

/** How much less likely than the least likely piece a character outside of the vocabulary is. */
const UNKNOWN_PENALTY = 10;

export interface UnigramModel {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknownId: number | undefined;
  /** The most likely pieces of a word; what is in no piece stands as one part of its own, or in bytes. */
  readonly encode: (word: string) => readonly string[];
}

interface Node {
  readonly next: Map<string, Node>;
  score: number | null;
}

interface Best {
  score: number;
  start: number;
  isUnknown: boolean;
}

const utf8 = new TextEncoder();

/**
 * SentencePiece's unigram model: of all ways to cut a word into pieces, the one whose log probabilities sum to most, found
 * from left to right (Viterbi). Of two equally likely ways the one that was found first counts, as in `tokenizers`.
 * @param model the model of a tokenizer.json, checked; where `reserved` lists ids that no text spells, it is of SentencePiece
 * itself, which sums in single precision
 * @returns null for a model of another kind
 * @see arXiv:1804.10959
 */
export function unigramModel(model: JsonObject): UnigramModel | null {
  if (!Array.isArray(model.vocab) || (model.type ?? "Unigram") !== "Unigram") return null;
  const vocab = model.vocab as readonly (readonly [string, number])[];
  const reserved = new Set(Array.isArray(model.reserved) ? model.reserved : []);
  const round = Array.isArray(model.reserved) ? Math.fround : (score: number) => score;
  const root: Node = { next: new Map(), score: null };
  const ids = new Map<string, number>();
  let least = 0;
  for (const [id, [piece, score]] of vocab.entries()) {
    ids.set(piece, id);
    least = Math.min(least, score);
    if (!reserved.has(id)) insert(root, piece, score);
  }
  const bytesOf = (part: string): string[] | null => {
    const names = Array.from(utf8.encode(part), byteName);
    return model.byte_fallback === true && names.every((name) => ids.has(name)) ? names : null;
  };
  return {
    ids,
    unknownId: typeof model.unk_id === "number" ? model.unk_id : undefined,
    encode: (word) =>
      pieces(word, root, round(least - UNKNOWN_PENALTY), round).flatMap((part) =>
        ids.has(part) ? [part] : (bytesOf(part) ?? [part]),
      ),
  };
}

function insert(root: Node, piece: string, score: number): void {
  if (piece === "") return;
  let node = root;
  for (const character of piece) {
    let next = node.next.get(character);
    if (next === undefined) {
      next = { next: new Map(), score: null };
      node.next.set(character, next);
    }
    node = next;
  }
  node.score = score;
}

function pieces(
  word: string,
  root: Node,
  unknownScore: number,
  round: (score: number) => number,
): string[] {
  const characters = [...word];
  const best: (Best | undefined)[] = [{ score: 0, start: 0, isUnknown: false }];
  for (let start = 0; start < characters.length; start++) {
    const before = best[start]?.score ?? 0;
    const offer = (end: number, score: number, isUnknown: boolean): void => {
      const found = best[end];
      const sum = round(before + score);
      if (found === undefined || sum > found.score) best[end] = { score: sum, start, isUnknown };
    };
    let hasSingle = false;
    let node = root.next.get(characters[start] as string);
    for (let end = start + 1; node !== undefined; end++) {
      if (node.score !== null) {
        offer(end, node.score, false);
        hasSingle ||= end === start + 1;
      }
      node = end < characters.length ? node.next.get(characters[end] as string) : undefined;
    }
    if (!hasSingle) offer(start + 1, unknownScore, true);
  }
  const parts: string[] = [];
  let wasUnknown = false;
  for (let end = characters.length; end > 0; ) {
    const { start, isUnknown } = best[end] as Best;
    const part = characters.slice(start, end).join("");
    if (isUnknown && wasUnknown) parts.push(`${part}${parts.pop()}`);
    else parts.push(part);
    wasUnknown = isUnknown;
    end = start;
  }
  return parts.reverse();
}

function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}
