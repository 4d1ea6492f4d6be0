import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inRepository } from "../../scripts/build/repository.ts";
import { runNpm } from "../../scripts/test/runNpm.ts";
import type { Command } from "./contender.ts";

const FOLDER = inRepository(".vitrine/peers");
const LLAMA = "node-llama-cpp@3.22.1";
const TRANSFORMERS_JS = "@huggingface/transformers@4.3.2";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const node = (script: string) => ({
  program: process.execPath,
  args: ["--import", "tsx", here(script)],
});

export const vitrine = (name: string): Command => ({ name, ...node("./vitrine.ts") });

/** ggml's Vulkan leaves out devices that compute on the processor unless they are named: the first one, as WebGPU takes it. */
const VULKAN_DEVICE = { GGML_VK_VISIBLE_DEVICES: process.env.GGML_VK_VISIBLE_DEVICES ?? "0" };

/**
 * Installs a peer from npm where it is not there yet.
 * @param entry path below node_modules
 * @returns the path of `entry`
 * @throws Error where npm cannot install it
 */
async function installed(peer: string, folder: string, entry: string): Promise<string> {
  const path = join(folder, "node_modules", entry);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }));
  const options = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts"];
  const { status, stderr } = runNpm(["install", ...options, peer], folder);
  if (status !== 0) throw new Error(`peers: expected npm to install ${peer}, got\n${stderr}`);
  return path;
}

/** llama.cpp: 700 MB that the project itself does not need. @throws Error where npm cannot install it */
export async function llama(name: string, backend: string): Promise<Command> {
  const entry = await installed(LLAMA, FOLDER, "node-llama-cpp/dist/index.js");
  const env = { LLAMA_ENTRY: entry, ...(backend === "webgpu" ? VULKAN_DEVICE : {}) };
  return { name, ...node("./llama.ts"), env };
}

/**
 * transformers.js over ONNX Runtime: 500 MB, in a folder below, since npm removes from a folder what it did not install last.
 * @param model the folder that it opens
 * @throws Error where npm cannot install it
 */
export async function transformersJs(name: string, model: string): Promise<Command> {
  const dist = "@huggingface/transformers/dist/transformers.node.mjs";
  const entry = await installed(TRANSFORMERS_JS, join(FOLDER, "transformers.js"), dist);
  return { name, ...node("./transformersJs.ts"), env: { TRANSFORMERS_JS_ENTRY: entry }, model };
}

/** PyTorch of the Python that PEER_PYTHON names, which has torch and transformers; null where it names none. */
export function torch(name: string): Command | null {
  const program = process.env.PEER_PYTHON;
  return program ? { name, program, args: [here("./transformers.py")] } : null;
}
