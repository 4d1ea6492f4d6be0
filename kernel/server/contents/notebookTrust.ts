import { createHmac } from "node:crypto";
import { isObject, type JsonObject } from "./jsonObject.ts";
import type { Notebook } from "./notebookFormat.ts";

/** The signature of a notebook's text: HMAC-SHA256 under a secret of the user. @param secret in base64 */
export function signatureOf(parts: readonly Uint8Array[], secret: string): string {
  const hmac = createHmac("sha256", Buffer.from(secret, "base64"));
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** The notebook with every code cell marked, or with no mark for null. */
export function withTrust(notebook: Notebook, trusted: boolean | null): Notebook {
  return { ...notebook, cells: notebook.cells.map((cell) => markCell(cell, trusted)) };
}

/** Whether its client trusts all that it shows. */
export function isTrusted(notebook: Notebook): boolean {
  return notebook.cells.every(isTrustedCell);
}

function markCell(cell: JsonObject, trusted: boolean | null): JsonObject {
  if (cell.cell_type !== "code") return cell;
  const { trusted: _, ...metadata } = isObject(cell.metadata) ? cell.metadata : {};
  return { ...cell, metadata: trusted === null ? metadata : { ...metadata, trusted } };
}

/** A cell is trusted if its client said so, or if it shows nothing that could run. */
function isTrustedCell(cell: JsonObject): boolean {
  if (cell.cell_type !== "code") return true;
  if (isObject(cell.metadata) && cell.metadata.trusted === true) return true;
  const outputs = Array.isArray(cell.outputs) ? cell.outputs : [];
  return outputs.every((output: unknown) => !isObject(output) || !("data" in output));
}
