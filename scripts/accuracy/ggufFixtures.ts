import { readdirSync, readFileSync } from "node:fs";
import { openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { parseGguf } from "../../engine/weights/gguf/parseGguf.ts";
import { inRepository } from "../build/repository.ts";
import type { GoldenFixture } from "./goldenFixtures.ts";

const FOLDER = inRepository("test/fixtures/gguf");

/** Every GGUF file of test/fixtures/gguf; of these transformers' logits alone are written down. */
export async function ggufFixtures(): Promise<GoldenFixture[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith(".gguf"));
  return Promise.all(
    files.sort().map(async (file) => {
      const path = `${FOLDER}/${file}`;
      const checkpoint = await openGguf(path);
      await checkpoint.close();
      const bytes = new Uint8Array(readFileSync(path));
      const tensors = parseGguf(bytes, bytes.length, file)?.tensors.values() ?? [];
      const types = new Set([...tensors].map(({ type }) => type));
      if (types.size > 1) types.delete("F32"); // norms and routers
      return {
        name: `gguf/${file}`,
        folder: path.replace(/gguf$/, "golden.safetensors"),
        modelFolder: path,
        architecture: String(checkpoint.config.model_type),
        format: `GGUF ${[...types].sort().join(", ")}`,
      };
    }),
  );
}
