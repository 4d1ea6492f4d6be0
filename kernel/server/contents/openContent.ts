import { createHash } from "node:crypto";
import type { WithBytes } from "../json/packets.ts";
import { inParts, textJson } from "../json/parts.ts";
import { decodeText } from "./fileText.ts";
import { formatNotebook, type Notebook, parseNotebook } from "./notebookFormat.ts";
import { signatureOf, withTrust } from "./notebookTrust.ts";
import { validateNotebook } from "./notebookValidation.ts";

/** A file and what is asked about it. */
interface FileBytes extends WithBytes {
  readonly path: string;
  readonly hash: boolean;
}

/** The content of a file as JSON. */
interface OpenedContent extends WithBytes {
  /** Hexadecimal SHA-256 of the bytes on disk, if it was asked for. */
  readonly hash: string | null;
}

/** How a file's content is sent. */
interface OpenedText extends OpenedContent {
  readonly format: "text" | "base64";
}

interface OpenedNotebook extends OpenedContent {
  /** What is wrong with its form. */
  readonly message: string | null;
}

/** @throws HttpError 400 for what is no notebook */
export function openNotebook(
  file: FileBytes & { readonly secret: string; readonly signatures: readonly string[] },
): OpenedNotebook {
  const notebook = parseNotebook(decodeText(file.bytes, file.path), file.path);
  const plain = formatNotebook(withTrust(notebook, null));
  const isTrusted = file.signatures.includes(signatureOf(plain, file.secret));
  const bytes = inParts(notebookJson(withTrust(notebook, isTrusted)));
  return { bytes, hash: hashOf(file), message: validateNotebook(notebook) };
}

/** A notebook as it is written and signed. @throws HttpError 400 for what is no notebook */
export function plainNotebook(file: WithBytes & { readonly path: string }): WithBytes {
  const notebook = parseNotebook(decodeText(file.bytes, file.path), file.path);
  return { bytes: formatNotebook(withTrust(notebook, null)) };
}

/** Its text if it is UTF-8, else base64, unless one of them is asked for. @throws HttpError 400 for text that is none */
export function openText(
  file: FileBytes & { readonly format: "text" | "base64" | null },
): OpenedText {
  const hash = hashOf(file);
  if (file.format !== "base64") {
    try {
      const text = decodeText(file.bytes, file.path);
      return { format: "text", hash, bytes: inParts(textJson(text)) };
    } catch (error) {
      if (file.format === "text") throw error;
    }
  }
  return { format: "base64", hash, bytes: inParts(base64Json(Buffer.concat(file.bytes))) };
}

function hashOf({ hash, bytes }: FileBytes): string | null {
  if (!hash) return null;
  const digest = createHash("sha256");
  for (const part of bytes) digest.update(part);
  return digest.digest("hex");
}

function* notebookJson({ cells, ...rest }: Notebook): Generator<string> {
  yield `${JSON.stringify(rest).slice(0, -1)},"cells":[`;
  for (const [index, cell] of cells.entries())
    yield `${index === 0 ? "" : ","}${JSON.stringify(cell)}`;
  yield "]}";
}

/** Three bytes are four letters. */
const BASE64_PIECE = 3 * 2 ** 17;

function* base64Json(bytes: Buffer): Generator<string> {
  yield '"';
  for (let start = 0; start < bytes.byteLength; start += BASE64_PIECE)
    yield bytes.toString("base64", start, start + BASE64_PIECE);
  yield '"';
}
