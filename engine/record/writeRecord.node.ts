import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonObject } from "../base/json.ts";
import { ownVersion } from "../weights/packageRoot.node.ts";
import { toExactJson } from "./exactJson.ts";
import { FORMAT, hashedText, MANIFEST, type RecordFile, VERSION } from "./manifest.ts";
import { writeFolder } from "./writeFolder.node.ts";

/**
 * Writes a record: files, and a manifest that names each by its sha256 and size. The folder appears whole or not at all.
 * @param kind what the content describes: "run", say
 * @param fill writes the record's files into a folder, and gives the manifest's content: plain data, in which any number is kept
 * @returns the record's id: the sha256 of its manifest
 * @throws InputError ERR_OUTPUT; what `fill` throws
 */
export function writeRecord(
  folder: string,
  kind: string,
  fill: (folder: string) => Promise<JsonObject>,
): Promise<string> {
  return writeFolder(folder, async (temporary) => {
    const content = await fill(temporary);
    const manifest = {
      format: FORMAT,
      version: VERSION,
      kind,
      engine: {
        vitrine: ownVersion(),
        node: process.versions.node,
        platform: `${process.platform}-${process.arch}`,
      },
      content: toExactJson(content),
      files: await filesOf(temporary),
    };
    const id = createHash("sha256").update(hashedText(manifest)).digest("hex");
    const text = `${JSON.stringify({ ...manifest, sha256: id }, null, 2)}\n`;
    await writeFile(join(temporary, MANIFEST), text);
    return id;
  });
}

async function filesOf(folder: string): Promise<RecordFile[]> {
  const files: RecordFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    files.push({ name, bytes: (await stat(path)).size, sha256: await hashFile(path) });
  }
  return files;
}

/** sha256 (hex) of a file's bytes. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
