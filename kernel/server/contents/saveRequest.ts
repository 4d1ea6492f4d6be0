import { HttpError } from "../httpError.ts";
import type { WithBytes } from "../json/packets.ts";
import { parseBody } from "../json/parseBody.ts";
import { checkNotebook, formatNotebook } from "./notebookFormat.ts";
import { isTrusted, withTrust } from "./notebookTrust.ts";
import { validateNotebook } from "./notebookValidation.ts";

/** What PUT /api/contents asks for, checked; the bytes are those of the file. */
export type SaveRequest = WithBytes &
  (
    | { readonly type: "directory" }
    | {
        readonly type: "notebook";
        /** Whether its client trusts its outputs. */
        readonly isTrusted: boolean;
        /** What is wrong with its form. */
        readonly message: string | null;
      }
    | {
        readonly type: "file";
        /** 1, 2, ... for the pieces of a big upload, -1 for the last one, null for a whole file. */
        readonly chunk: number | null;
      }
  );

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** Reads the body of a request. @throws HttpError 400 that names the member at fault */
export function readSave({ path, bytes }: WithBytes & { readonly path: string }): SaveRequest {
  const { type, format, content, chunk } = parseBody(bytes);
  if (type === "directory") return { type, bytes: [] };
  if (content === undefined || content === null) throw refuse(`"content"`, content);
  if (type === "notebook") return readNotebook(content, path);
  if (type !== "file") throw refuse(`"notebook", "file" or "directory" as "type"`, type);
  if (
    chunk !== undefined &&
    chunk !== null &&
    !(Number.isInteger(chunk) && (chunk === -1 || Number(chunk) >= 1))
  ) {
    throw refuse(`1, 2, ... or -1 as "chunk"`, chunk);
  }
  return {
    type,
    bytes: [decodeContent(format, content)],
    chunk: typeof chunk === "number" ? chunk : null,
  };
}

function readNotebook(content: unknown, path: string): SaveRequest {
  const marked = checkNotebook(content, path);
  const notebook = withTrust(marked, null);
  return {
    type: "notebook",
    bytes: formatNotebook(notebook),
    isTrusted: isTrusted(marked),
    message: validateNotebook(notebook),
  };
}

function decodeContent(format: unknown, content: unknown): Uint8Array {
  if (format === "json") return Buffer.from(JSON.stringify(content), "utf8");
  if (typeof content !== "string") throw refuse(`a string as "content"`, content);
  if (format === "text") return Buffer.from(content, "utf8");
  if (format !== "base64") throw refuse(`"text", "base64" or "json" as "format"`, format);
  if (!BASE64.test(content)) throw refuse(`base64 as "content"`, content);
  return Buffer.from(content, "base64");
}

function refuse(expected: string, got: unknown): HttpError {
  const text = got === undefined ? "nothing" : JSON.stringify(got);
  const shown = text.length > 60 ? `${text.slice(0, 57)}...` : text;
  return new HttpError(
    400,
    `save: expected ${expected}, got ${shown}. Send the model that the contents API describes.`,
  );
}
