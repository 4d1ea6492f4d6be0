import { openRecord } from "./openRecord.node.ts";
import { readRunRecord } from "./readRunRecord.node.ts";

/** A record that is whole. */
export interface VerifiedRecord {
  /** sha256 of its manifest. */
  readonly id: string;
  /** What it describes: "run", say. */
  readonly kind: string;
  readonly files: number;
  /** Of all files but the manifest. */
  readonly bytes: number;
}

/**
 * Holds a record against its hashes, and a run's against its form: every table, and the shape of every tensor. No model is needed.
 * @throws RecordError, which names the file, what was expected and what is there; WeightsError for the file of tensors
 */
export async function verifyRecord(folder: string): Promise<VerifiedRecord> {
  const { id, manifest } = await openRecord(folder);
  if (manifest.kind === "run") await readRunRecord(folder);
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  return { id, kind: manifest.kind, files: manifest.files.length, bytes };
}
