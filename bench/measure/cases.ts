import { existsSync } from "node:fs";
import { mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { inRepository } from "../../scripts/build/repository.ts";
import type { FormatName } from "../synthetic/randomWeights.ts";
import type { SHAPES } from "../synthetic/shapes.ts";
import { writeSynthetic } from "../synthetic/writeSynthetic.ts";

export type Peer = "llama" | "torch" | "transformers.js";

/** A model that is measured, and beside whom. */
export interface Case {
  readonly words: string;
  /** A bundled model, or one that is made of random weights. */
  readonly model: string | { readonly shape: keyof typeof SHAPES; readonly format: FormatName };
  readonly peers: readonly Peer[];
  /** In which PyTorch computes. */
  readonly dtype: string;
}

export const CASES = {
  tiny: { words: "the default model", model: "tiny", peers: ["torch"], dtype: "float32" },
  "dense-bf16": {
    words: "Qwen2's 0.5 B shape, bf16",
    ...{ model: { shape: "dense", format: "bf16" }, peers: ["torch"], dtype: "bfloat16" },
  },
  "dense-q8_0": {
    words: "Qwen2's 0.5 B shape, Q8_0",
    ...{
      model: { shape: "dense", format: "q8_0" },
      peers: ["llama", "transformers.js"],
      dtype: "",
    },
  },
  "dense-q4_k": {
    words: "0.5 B with rows of whole blocks, Q4_K",
    ...{ model: { shape: "dense-wide", format: "q4_k" }, peers: ["llama"], dtype: "" },
  },
  "cut-q8_0": {
    words: "four layers of Qwen2's 0.5 B shape and a vocabulary of 32,768, Q8_0",
    ...{
      model: { shape: "dense-cut", format: "q8_0" },
      peers: ["llama", "transformers.js"],
      dtype: "",
    },
  },
  "moe-q8_0": {
    words: "64 experts, 1 B in all, Q8_0",
    ...{ model: { shape: "moe", format: "q8_0" }, peers: ["llama"], dtype: "" },
  },
} as const satisfies Readonly<Record<string, Case>>;

export type CaseName = keyof typeof CASES;

/** What the contenders open; a model of random weights is written when it is first asked for. */
export async function openCase(name: CaseName): Promise<string> {
  const { model }: Case = CASES[name];
  if (typeof model === "string") return inRepository("models", model);
  const folder = await made(name, (part) => writeSynthetic(part, model.shape, model.format));
  return model.format === "bf16" ? folder : join(folder, "model.gguf");
}

/** The folder of that name among those of the bench, written where it is not there yet. */
export async function made(
  name: string,
  write: (folder: string) => Promise<unknown>,
): Promise<string> {
  const folder = inRepository(".vitrine/bench", name);
  if (existsSync(folder)) return folder;
  await mkdir(inRepository(".vitrine/bench"), { recursive: true });
  await write(`${folder}.part`);
  await rename(`${folder}.part`, folder);
  return folder;
}
