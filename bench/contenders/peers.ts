import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inRepository } from "../../scripts/build/repository.ts";
import { runNpm } from "../../scripts/test/runNpm.ts";
import type { Command } from "./contender.ts";

const FOLDER = inRepository(".vitrine/peers");
const LLAMA = "node-llama-cpp@3.22.1";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const node = (script: string) => ({
  program: process.execPath,
  args: ["--import", "tsx", here(script)],
});

export const vitrine = (name: string): Command => ({ name, ...node("./vitrine.ts") });

/** ggml's Vulkan leaves out devices that compute on the processor unless they are named: the first one, as WebGPU takes it. */
const VULKAN_DEVICE = { GGML_VK_VISIBLE_DEVICES: process.env.GGML_VK_VISIBLE_DEVICES ?? "0" };

/**
 * llama.cpp, installed from npm when it is first asked for: 700 MB that the project itself does not need.
 * @throws Error where npm cannot install it
 */
export async function llama(name: string, backend: string): Promise<Command> {
  const entry = join(FOLDER, "node_modules/node-llama-cpp/dist/index.js");
  if (!existsSync(entry)) {
    await mkdir(FOLDER, { recursive: true });
    await writeFile(join(FOLDER, "package.json"), JSON.stringify({ private: true }));
    const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
    const { status, stderr } = runNpm(["install", ...options, LLAMA], FOLDER);
    if (status !== 0) throw new Error(`peers: expected npm to install ${LLAMA}, got\n${stderr}`);
  }
  const env = { LLAMA_ENTRY: entry, ...(backend === "webgpu" ? VULKAN_DEVICE : {}) };
  return { name, ...node("./llama.ts"), env };
}

/** PyTorch of the Python that PEER_PYTHON names, which has torch and transformers; null where it names none. */
export function torch(name: string): Command | null {
  const program = process.env.PEER_PYTHON;
  return program ? { name, program, args: [here("./transformers.py")] } : null;
}
