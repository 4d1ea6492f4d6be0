import { HttpError } from "../httpError.ts";

/** @throws HttpError 400 if the bytes are not UTF-8 */
export function decodeText(bytes: readonly Uint8Array[], path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.length === 1 ? bytes[0] : Buffer.concat(bytes),
    );
  } catch (cause) {
    const message = `open ${path}: expected text in UTF-8, got other bytes. Ask for format "base64", or convert the file to UTF-8.`;
    throw new HttpError(400, message, { reason: "bad format", cause });
  }
}
