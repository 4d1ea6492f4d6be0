import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { inRepository } from "./repository.ts";
import type { Target } from "./target.ts";

const script = "scripts/buildWasm.ts";

/** The WebAssembly kernels of the cpu backend, compiled by AssemblyScript into one generated module. */
export const wasmTarget: Target = {
  name: "wasm",
  inputs: ["engine/backend/cpu/wasm", script],
  ignore: (path) => path.endsWith(".generated.ts"),
  outputs: () =>
    existsSync(inRepository(script)) ? ["engine/backend/cpu/kernels.generated.ts"] : [],
  async build() {
    if (!existsSync(inRepository(script))) return "no kernels yet";
    const { buildWasm } = (await import(pathToFileURL(inRepository(script)).href)) as {
      buildWasm(): Promise<void>;
    };
    await buildWasm();
    return "engine/backend/cpu/kernels.generated.ts";
  },
};
