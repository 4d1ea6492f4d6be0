/** A character map that SentencePiece compiled into a model. */
export interface Charsmap {
  /** What stands for the shortest, or the longest, beginning of a text that the map has, and its length in bytes. */
  shortest(key: Uint8Array): Replacement | null;
  longest(key: Uint8Array): Replacement | null;
}

interface Replacement {
  readonly text: string;
  readonly byteLength: number;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * A double-array trie of what is replaced, followed by the replacements, each ended by a zero byte.
 * @returns null where the bytes are no such map
 * @see Aoe, "An efficient digital search algorithm by using a double-array structure", 1989
 */
export function parseCharsmap(bytes: Uint8Array): Charsmap | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const trieBytes = bytes.length >= 4 ? view.getUint32(0, true) : 0;
  if (trieBytes < 4 || trieBytes % 4 !== 0 || 4 + trieBytes > bytes.length) return null;
  const unit = (at: number): number =>
    at * 4 < trieBytes ? view.getUint32(4 + at * 4, true) : 0x8000_0000;
  const replacements = bytes.subarray(4 + trieBytes);
  const textAt = (at: number): string => {
    const end = replacements.indexOf(0, at);
    return utf8.decode(replacements.subarray(at, end < 0 ? undefined : end));
  };
  function* prefixes(key: Uint8Array): Generator<{ at: number; byteLength: number }> {
    let place = offset(unit(0));
    for (const [index, byte] of key.entries()) {
      if (byte === 0) return;
      place ^= byte;
      const found = unit(place);
      if ((found & 0x8000_00ff) >>> 0 !== byte) return;
      place ^= offset(found);
      if ((found >>> 8) & 1) yield { at: unit(place) & 0x7fff_ffff, byteLength: index + 1 };
    }
  }
  return {
    shortest: (key) => {
      for (const { at, byteLength } of prefixes(key)) return { text: textAt(at), byteLength };
      return null;
    },
    longest: (key) => {
      const found = [...prefixes(key)].at(-1);
      return found === undefined ? null : { text: textAt(found.at), byteLength: found.byteLength };
    },
  };
}

function offset(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
