import { HttpError } from "../httpError.ts";
import type { ContentsFormat } from "./contentsModel.ts";

/** What the API sends for a file: its text if it is UTF-8, else base64, unless one of them is asked for. */
export function fileContent(
  bytes: Buffer,
  path: string,
  format: "text" | "base64" | null,
): { format: ContentsFormat; content: string } {
  if (format === "base64") return { format, content: bytes.toString("base64") };
  try {
    return { format: "text", content: decodeText(bytes, path) };
  } catch (error) {
    if (format === "text") throw error;
    return { format: "base64", content: bytes.toString("base64") };
  }
}

/** @throws HttpError 400 if the bytes are not UTF-8 */
export function decodeText(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const message = `open ${path}: expected text in UTF-8, got other bytes. Ask for format "base64", or convert the file to UTF-8.`;
    throw new HttpError(400, message, { reason: "bad format", cause });
  }
}
