import { WeightsError } from "../../base/errors.ts";

/**
 * Tells GGUF of a version and byte order that is read here from what is not, by its first bytes. Such a file may be whole:
 * the message says what it is.
 * @param bytes the start of the file, of which 64 bytes are enough
 * @throws WeightsError ERR_WEIGHTS_FORMAT
 */
export function checkGgufStart(bytes: Uint8Array, fileSize: number, file: string): void {
  const odd = fileSize === 0 ? EMPTY : (oddFormat(bytes) ?? oddVersion(bytes));
  if (odd === null) return;
  const { expected = "a GGUF file", got, fix } = odd;
  throw new WeightsError("ERR_WEIGHTS_FORMAT", `${file}: expected ${expected}, got ${got}. ${fix}`);
}

interface Odd {
  readonly expected?: string;
  readonly got: string;
  readonly fix: string;
}

const EMPTY: Odd = { got: "an empty file", fix: "Download it again." };
const LFS = "version https://git-lfs.github.com/spec/";
/** What the formats before GGUF begin with. */
const ANCESTORS = ["lmgg", "fmgg", "tjgg", "algg", "ggml", "ggmf", "ggjt", "ggla"];

function oddFormat(bytes: Uint8Array): Odd | null {
  const text = String.fromCharCode(...bytes.subarray(0, 64));
  const magic = text.slice(0, 4);
  if (magic === "GGUF" || bytes.length < 4) return null;
  if (magic === "FUGG") return bigEndian("");
  if (text.startsWith(LFS))
    return {
      got: "the pointer that Git LFS keeps in its place",
      fix: "Fetch the file itself with `git lfs pull`, or name the repository as org/name.",
    };
  if (ANCESTORS.includes(magic.toLowerCase()))
    return {
      got: `one of an older format, which begins with ${JSON.stringify(magic)}`,
      fix: "Convert the model with llama.cpp's convert_hf_to_gguf.py, or take a GGUF file of it.",
    };
  if (/^\s*<(!doctype|html|\?xml)/i.test(text))
    return { got: "a web page", fix: "Download the file that the page is about." };
  const shown = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0"));
  return {
    expected: "the letters GGUF at the start",
    got: `the bytes ${shown.join(" ")}`,
    fix: "Name a GGUF file.",
  };
}

function oddVersion(bytes: Uint8Array): Odd | null {
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const version = view.getUint32(4, true);
  const swapped = view.getUint32(4, false);
  if (version === 2 || version === 3) return null;
  if (version > 0xffff && swapped <= 0xffff) return bigEndian(` of version ${swapped}`);
  return {
    expected: "GGUF version 2 or 3",
    got: `version ${version}`,
    fix:
      version === 1
        ? "Convert the model again with a current llama.cpp, or take a newer file of it."
        : "Take a file of version 3, which llama.cpp's converters write.",
  };
}

function bigEndian(version: string): Odd {
  return {
    expected: "GGUF in little-endian byte order",
    got: `a big-endian file${version}`,
    fix: "Turn it round with `gguf-convert-endian FILE little` of the Python package gguf, or take the little-endian file.",
  };
}
