import { existsSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsFile } from "../../engine/weights/safetensorsFile.node.ts";

interface GoldenSite {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What transformers computed for one input: test/fixtures/make_golden.py. */
export interface Golden {
  readonly ids: readonly number[];
  /** By the names of the engine's sites. */
  readonly sites: ReadonlyMap<string, GoldenSite>;
}

const FILE = "golden.safetensors";

export function hasGolden(folder: string): boolean {
  return existsSync(join(folder, FILE));
}

/** @param path of a folder that has golden.safetensors, or of such a file */
export async function readGolden(path: string): Promise<Golden> {
  const file = await SafetensorsFile.open(path.endsWith(FILE) ? path : join(path, FILE));
  try {
    const sites = new Map<string, GoldenSite>();
    for (const [name, { dtype, shape, byteOffset, byteLength }] of file.header.tensors) {
      const bytes = new Uint8Array(byteLength);
      await file.read(bytes, byteOffset);
      const data = dtype === "I32" ? new Int32Array(bytes.buffer) : new Float32Array(bytes.buffer);
      sites.set(name, { shape, data });
    }
    const ids = [...(sites.get("ids")?.data ?? [])];
    sites.delete("ids");
    return { ids, sites };
  } finally {
    await file.close();
  }
}
