import { HttpError } from "../httpError.ts";
import { isObject } from "./jsonObject.ts";

/** What PUT /api/contents asks for, checked. */
export type SaveRequest =
  | { readonly type: "directory" }
  | { readonly type: "notebook"; readonly content: unknown }
  | {
      readonly type: "file";
      readonly data: Uint8Array;
      /** 1, 2, ... for the pieces of a big upload, -1 for the last one, null for a whole file. */
      readonly chunk: number | null;
    };

const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** @throws HttpError 400 that names the member at fault */
export function parseSaveRequest(body: unknown): SaveRequest {
  if (!isObject(body)) throw refuse("a JSON object as body", body);
  const { type, format, content, chunk } = body;
  if (type === "directory") return { type };
  if (content === undefined || content === null) throw refuse(`"content"`, content);
  if (type === "notebook") return { type, content };
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
    data: decodeContent(format, content),
    chunk: typeof chunk === "number" ? chunk : null,
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
